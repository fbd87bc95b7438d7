package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what the launcher does if ingest ends because no source of the dataset is available. */
class FallBackIT {
  @TempDir private Path folder;

  /** Creates a build in which {@link UnavailableIngest} takes the place of ingest. */
  private Path project() throws IOException {
    Path project = folder.resolve("project");
    for (String module : new String[] {"local-stack", "trainer-service", "inference-service"}) {
      Files.createDirectories(project.resolve(module));
      Files.createSymbolicLink(
          project.resolve(module).resolve("target"),
          Path.of("..", module, "target").toAbsolutePath().normalize());
    }
    Path application = project.resolve("ingest-service/target/quarkus-app");
    Files.createDirectories(application);
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, UnavailableIngest.class.getName());
    attributes.put(
        Attributes.Name.CLASS_PATH, Path.of("target/test-classes").toAbsolutePath().toUri() + "");
    Path jar = application.resolve("quarkus-run.jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return project;
  }

  @Test
  void syntheticDatasetReplacesAnUnavailableOne() throws Exception {
    try (Stack stack = new Stack(folder.resolve("home")).of(project())) {
      stack.up("--dataset", "cifar10", "--epochs", "1");
      assertThat(stack.exitCode()).as("the synthetic one is refused here").isEqualTo(78);
      assertThat(stack.said())
          .contains(
              "*** cifar10: no source answers",
              "*** continuing with the SYNTHETIC dataset instead",
              "millrace: synthetic: no source answers")
          .doesNotContain("is restarted", "\tat ");
      StackSettings stored = StackSettings.stored(stack.home).orElseThrow();
      assertThat(stored.dataset()).isEqualTo("synthetic");
      assertThat(stored.wanted()).isEqualTo("cifar10");

      stack.up("--dataset", "cifar10", "--epochs", "2");
      assertThat(stack.exitCode()).isEqualTo(78);
      assertThat(stack.said()).doesNotContain("contradicts");
      assertThat(StackSettings.stored(stack.home).orElseThrow().epochs()).isEqualTo(2);
    }
  }
}
