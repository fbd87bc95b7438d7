package dev.millrace.stack;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks the dependencies between modules and packages: they have one direction, and only some
 * packages may use the engine and the frameworks.
 */
class LayeringTest {
  private static final String PROTOCOL = "dev.millrace.protocol..";
  private static final String IMAGES = "dev.millrace.images..";
  private static final String[] STORE = {"dev.millrace.store..", "dev.millrace.checkpoint.."};
  private static final String MODEL = "dev.millrace.model..";
  private static final String INGEST = "dev.millrace.ingest..";
  private static final String TRAINER = "dev.millrace.trainer..";
  private static final String INFERENCE = "dev.millrace.inference..";
  private static final String START = "dev.millrace.start..";
  private static final String STACK = "dev.millrace.stack..";
  private static final String[] PURE = {
    "dev.millrace.ingest.dataset..",
    "dev.millrace.ingest.stream..",
    "dev.millrace.trainer.loop..",
    "dev.millrace.trainer.stream..",
    "dev.millrace.trainer.step..",
    "dev.millrace.trainer.optimizer..",
    "dev.millrace.trainer.report..",
    "dev.millrace.inference.serving..",
    "dev.millrace.inference.selection..",
    "dev.millrace.inference.reload..",
    "dev.millrace.inference.run..",
    "dev.millrace.inference.upload..",
    "dev.millrace.inference.oip"
  };
  private static final String[] FRAMEWORKS = {
    "io.quarkus..",
    "jakarta..",
    "org.eclipse.microprofile..",
    "io.smallrye..",
    "io.vertx..",
    "org.apache.kafka..",
    "io.micrometer..",
    "io.opentelemetry.."
  };

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .importPaths(
              Stream.of(
                      "protocol",
                      "images",
                      "checkpoint-store",
                      "service-start",
                      "model",
                      "ingest-service",
                      "trainer-service",
                      "inference-service",
                      "local-stack")
                  .map(module -> Path.of("..", module, "target", "classes"))
                  .toList());

  @Test
  void everyModuleIsChecked() {
    for (String root :
        List.of(
            "protocol", "images", "store", "model", "ingest", "trainer", "inference", "stack")) {
      assertThat(ALL.that(resideInAnyPackage("dev.millrace." + root + "..")))
          .as(root)
          .hasSizeGreaterThan(8);
    }
  }

  @Test
  void protocolDependsOnTheJdkAndJacksonOnly() {
    classes()
        .that()
        .resideInAPackage(PROTOCOL)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(PROTOCOL, "java..", "com.fasterxml.jackson..")
        .check(ALL);
  }

  @Test
  void imagesDependsOnTheJdkAndProtocolOnly() {
    classes()
        .that()
        .resideInAPackage(IMAGES)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(IMAGES, PROTOCOL, "java..", "javax.imageio..", "org.w3c.dom..")
        .check(ALL);
  }

  @Test
  void storeDependsOnProtocolAndTheMinioClientOnly() {
    classes()
        .that()
        .resideInAnyPackage(STORE)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            STORE[0], STORE[1], PROTOCOL, "java..", "javax.net..", "io.minio..", "okhttp3..")
        .check(ALL);
  }

  @Test
  void objectStoreDoesNotDependOnCheckpoints() {
    noClasses()
        .that()
        .resideInAPackage(STORE[0])
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STORE[1])
        .check(ALL);
  }

  @Test
  void modelDependsOnProtocolAndTheEngineOnly() {
    classes()
        .that()
        .resideInAPackage(MODEL)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(MODEL, PROTOCOL, "java..", "ai.djl..")
        .check(ALL);
  }

  @Test
  void serviceStartDependsOnNoService() {
    noClasses()
        .that()
        .resideInAPackage(START)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PROTOCOL, MODEL, INGEST, TRAINER, INFERENCE, STACK)
        .check(ALL);
  }

  @Test
  void servicesDoNotDependOnEachOther() {
    SlicesRuleDefinition.slices()
        .matching("dev.millrace.(ingest|trainer|inference|stack)..")
        .should()
        .notDependOnEachOther()
        .check(ALL);
  }

  @Test
  void ingestUsesNeitherEngineNorStore() {
    noClasses()
        .that()
        .resideInAPackage(INGEST)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(MODEL, "ai.djl..", "io.minio..")
        .check(ALL);
  }

  @Test
  void ingestHasNoCycleOfPackages() {
    SlicesRuleDefinition.slices()
        .matching("dev.millrace.(**)")
        .should()
        .beFreeOfCycles()
        .check(ALL.that(resideInAnyPackage(INGEST)));
  }

  @Test
  void datasetDoesNotDependOnStream() {
    noClasses()
        .that()
        .resideInAPackage("dev.millrace.ingest.dataset..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.millrace.ingest.stream..")
        .check(ALL);
  }

  @Test
  void computationDoesNotDependOnFrameworks() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(FRAMEWORKS)
        .check(ALL);
  }

  @Test
  void computationDoesNotDependOnItsWiring() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(INGEST, TRAINER, INFERENCE).and(resideOutsideOfPackages(PURE)))
        .check(ALL);
  }

  @Test
  void engineIsUsedOnlyByModelAndComputation() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            MODEL,
            "dev.millrace.trainer.loop..",
            "dev.millrace.trainer.stream..",
            "dev.millrace.trainer.step..",
            "dev.millrace.trainer.optimizer..",
            "dev.millrace.trainer.report..",
            "dev.millrace.inference.serving..",
            "dev.millrace.inference.reload..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.djl..")
        .check(ALL);
  }

  /**
   * The root package is exempt: it has the configuration, which all packages read, and the wiring,
   * which uses all packages.
   */
  @Test
  void packagesOfInferenceHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("dev.millrace.inference.(**)")
        .should()
        .beFreeOfCycles()
        .check(ALL);
    noClasses()
        .that()
        .resideInAPackage("dev.millrace.inference.*..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.millrace.inference")
                .and(not(nameStartingWith("dev.millrace.inference.InferenceConfig"))))
        .check(ALL);
  }

  @Test
  void packagesHaveNoCycles() {
    for (String module : List.of("protocol", "model", "trainer", "checkpoint", "store", "stack")) {
      SlicesRuleDefinition.slices()
          .matching("dev.millrace.(**)")
          .should()
          .beFreeOfCycles()
          .check(ALL.that(resideInAnyPackage("dev.millrace." + module + "..")));
    }
  }
}
