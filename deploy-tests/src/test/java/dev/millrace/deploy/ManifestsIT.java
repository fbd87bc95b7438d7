package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests rules that every overlay in deploy/kubernetes must satisfy. {@link ReferencesIT} tests the
 * references between resources.
 */
@EnabledIf(value = "dev.millrace.deploy.Overlay#canBeBuilt", disabledReason = Overlay.NO_KUBECTL)
class ManifestsIT {
  @TempDir private static Path scratch;
  private static List<Overlay> overlays = List.of();

  @BeforeAll
  static void build() throws Exception {
    overlays = Overlay.all(scratch);
  }

  static List<Overlay> overlays() {
    return overlays;
  }

  static List<Overlay> onGpus() {
    return overlays.stream().filter(ManifestsIT::isOnGpus).toList();
  }

  private static boolean isOnGpus(Overlay overlay) {
    return overlay.name().startsWith("gpu") || overlay.name().equals("sweep");
  }

  @Test
  void refusesFieldsUnknownToKubernetes() {
    String mistyped =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: d}
        spec: {template: {spec: {containers: [{name: c, image: i, readinessprobe: {}}]}}}
        """;
    assertThatThrownBy(() -> StrictYaml.read(mistyped)).hasMessageContaining("readinessprobe");
    assertThatThrownBy(
            () ->
                StrictYaml.read(
                    "{apiVersion: kafka.strimzi.io/v1, kind: KafkaTopic, metadata: {name: t}, spec: {partition: 1}}"))
        .hasMessageContaining("partition");
  }

  @Test
  void documentedOverlaysExist() {
    assertThat(overlays)
        .extracting(Overlay::name)
        .contains("local", "cpu", "gpu", "gpu-gke", "gpu-eks", "gpu-aks", "sweep");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void podsAreRestricted(Overlay overlay) {
    assertThat(
            overlay
                .one(io.fabric8.kubernetes.api.model.Namespace.class, "millrace")
                .getMetadata()
                .getLabels())
        .containsEntry("pod-security.kubernetes.io/enforce", "restricted");
    overlay
        .workloads()
        .forEach(
            (workload, template) -> {
              PodSpec pod = template.getSpec();
              String where = workload.getMetadata().getName();
              assertThat(pod.getSecurityContext().getRunAsNonRoot()).as(where).isTrue();
              assertThat(pod.getSecurityContext().getRunAsUser()).as(where).isPositive();
              assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                  .as(where)
                  .isEqualTo("RuntimeDefault");
              assertThat(pod.getAutomountServiceAccountToken()).as(where).isFalse();
              assertThat(pod.getHostNetwork()).as(where).isNull();
            });
    for (Container container : overlay.containers()) {
      var security = container.getSecurityContext();
      assertThat(security.getAllowPrivilegeEscalation()).as(container.getName()).isFalse();
      assertThat(security.getReadOnlyRootFilesystem()).as(container.getName()).isTrue();
      assertThat(security.getCapabilities().getDrop())
          .as(container.getName())
          .containsExactly("ALL");
      assertThat(container.getResources().getRequests())
          .as(container.getName())
          .containsKeys("cpu", "memory");
      assertThat(container.getResources().getLimits())
          .as(container.getName())
          .containsKey("memory");
    }
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void longRunningContainersAreProbed(Overlay overlay) {
    overlay
        .workloads()
        .forEach(
            (workload, template) -> {
              if (!(workload instanceof Job)) {
                for (Container container : template.getSpec().getContainers()) {
                  assertThat(container.getReadinessProbe()).as(container.getName()).isNotNull();
                  assertThat(container.getLivenessProbe()).as(container.getName()).isNotNull();
                }
              }
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void imagesAreBuiltHereOrPinned(Overlay overlay) {
    for (Container container : overlay.containers()) {
      String image = container.getImage();
      if (image.startsWith("millrace/")) {
        String file = image.replaceFirst("millrace/([a-z]+):[0-9.]+(-cuda)?", "$1$2.Dockerfile");
        assertThat(Path.of("..", "deploy", "docker", file)).as(image).isRegularFile();
      } else {
        assertThat(image).matches(".+:[^:/]*[0-9]+\\.?[0-9].*").doesNotEndWith(":latest");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void topicsAreThoseOfTheServices(Overlay overlay) {
    Set<String> names =
        Stream.concat(
                Stream.of(Split.values()).map(Split::topic),
                Stream.of(Topics.METRICS, Topics.CHECKPOINTS, Topics.DEAD_LETTERS))
            .collect(Collectors.toSet());
    assertThat(overlay.all(KafkaTopic.class))
        .extracting(topic -> topic.getMetadata().getName())
        .containsExactlyInAnyOrderElementsOf(names);
    int brokers = overlay.one(KafkaNodePool.class, "brokers").getSpec().getReplicas();
    assertThat(brokers).isEqualTo(overlay.name().equals("local") ? 1 : 3);
    for (KafkaTopic topic : overlay.all(KafkaTopic.class)) {
      assertThat(topic.getMetadata().getLabels()).containsEntry("strimzi.io/cluster", "millrace");
      assertThat(topic.getSpec().getReplicas()).isEqualTo(brokers);
      boolean train = topic.getMetadata().getName().equals(Split.TRAIN.topic());
      assertThat(topic.getSpec().getPartitions()).isEqualTo(train ? partitions(overlay) : 1);
    }
    Map<String, Object> config =
        overlay.one(Kafka.class, "millrace").getSpec().getKafka().getConfig();
    assertThat(config)
        .containsEntry("default.replication.factor", brokers)
        .containsEntry("offsets.topic.replication.factor", brokers);
  }

  private static int partitions(Overlay overlay) {
    return overlay.all(ConfigMap.class).stream()
        .map(map -> map.getData().get("MILLRACE_INGEST_PARTITIONS"))
        .filter(Objects::nonNull)
        .mapToInt(Integer::parseInt)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void ingestReplicasHaveAnIndexAndAPartition(Overlay overlay) {
    StatefulSet ingest = overlay.one(StatefulSet.class, "ingest");
    assertThat(ingest.getSpec().getReplicas()).isBetween(2, partitions(overlay));
    Container container = ingest.getSpec().getTemplate().getSpec().getContainers().get(0);
    assertThat(container.getEnv())
        .singleElement()
        .satisfies(
            variable -> {
              assertThat(variable.getName()).isEqualTo("MILLRACE_INGEST_REPLICA_INDEX");
              assertThat(variable.getValueFrom().getFieldRef().getFieldPath())
                  .isEqualTo("metadata.labels['apps.kubernetes.io/pod-index']");
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void onlyTheTrainerGetsAGpu(Overlay overlay) {
    for (Container container : overlay.containers()) {
      boolean gpu = isOnGpus(overlay) && container.getName().equals("trainer");
      Map<String, Quantity> limits = container.getResources().getLimits();
      assertThat(limits.get("nvidia.com/gpu"))
          .as("%s in %s", container.getName(), overlay)
          .isEqualTo(gpu ? new Quantity("1") : null);
      assertThat(container.getImage().endsWith("-cuda")).isEqualTo(gpu);
      assertThat(container.getEnv().contains(new EnvVar("MILLRACE_TRAINER_DEVICE", "cuda", null)))
          .isEqualTo(gpu);
    }
  }

  @ParameterizedTest
  @MethodSource("onGpus")
  void gpuNodesAreSelectedByLabelAndTolerated(Overlay overlay) {
    PodSpec trainer =
        overlay.workloads().values().stream()
            .map(template -> template.getSpec())
            .filter(pod -> pod.getContainers().get(0).getName().equals("trainer"))
            .findFirst()
            .orElseThrow();
    assertThat(trainer.getNodeSelector()).hasSize(1);
    assertThat(trainer.getTolerations())
        .singleElement()
        .satisfies(toleration -> assertThat(toleration.getEffect()).isEqualTo("NoSchedule"));
    assertThat(trainer.getNodeSelector().toString())
        .contains(
            switch (overlay.name()) {
              case "gpu-gke" -> "cloud.google.com/gke-accelerator";
              case "gpu-eks" -> "eks.amazonaws.com/";
              case "gpu-aks" -> "kubernetes.azure.com/accelerator";
              default -> "nvidia.com/gpu.present";
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void runHasOneWriter(Overlay overlay) {
    if (overlay.name().equals("sweep")) {
      assertThat(overlay.all(StatefulSet.class))
          .extracting(set -> set.getMetadata().getName())
          .doesNotContain("trainer");
      Job job = overlay.one(Job.class, "sweep");
      long settings =
          overlay.all(ConfigMap.class).stream()
              .filter(map -> map.getMetadata().getName().startsWith("sweep-"))
              .flatMap(map -> map.getData().keySet().stream())
              .count();
      assertThat(job.getSpec().getCompletionMode()).isEqualTo("Indexed");
      assertThat(job.getSpec().getCompletions()).isEqualTo((int) settings);
      assertThat(job.getSpec().getParallelism()).isEqualTo((int) settings);
    } else {
      assertThat(overlay.one(StatefulSet.class, "trainer").getSpec().getReplicas()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void rollingUpdateKeepsAllReplicasOfInference(Overlay overlay) {
    Deployment inference = overlay.one(Deployment.class, "inference");
    var rolling = inference.getSpec().getStrategy().getRollingUpdate();
    assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
    assertThat(rolling.getMaxSurge().getIntVal()).isPositive();
    assertThat(inference.getSpec().getReplicas()).as("the autoscaler's").isNull();
    PodSpec pod = inference.getSpec().getTemplate().getSpec();
    List<String> sleep =
        pod.getContainers().get(0).getLifecycle().getPreStop().getExec().getCommand();
    assertThat(pod.getTerminationGracePeriodSeconds())
        .isGreaterThan(Long.parseLong(sleep.get(1)) + 30);
  }

  /** Tests the names of settings, because services silently ignore unknown names. */
  @ParameterizedTest
  @MethodSource("overlays")
  void settingsExist(Overlay overlay) throws Exception {
    List<String> settings = new ArrayList<>();
    for (ConfigMap map : overlay.all(ConfigMap.class)) {
      settings.addAll(map.getData().keySet());
    }
    for (Container container : overlay.containers()) {
      container.getEnv().forEach(variable -> settings.add(variable.getName()));
    }
    Settings known = Settings.ofServices();
    assertThat(settings)
        .filteredOn(name -> name.startsWith("MILLRACE_"))
        .isNotEmpty()
        .allMatch(known::has);
    for (HasMetadata resource : overlay.resources()) {
      if (resource instanceof ConfigMap map && map.getMetadata().getName().startsWith("sweep-")) {
        for (String properties : map.getData().values()) {
          assertThat(properties.lines().map(line -> line.replaceFirst("=.*", "")))
              .allMatch(name -> known.has(Settings.variable(name)));
        }
      }
    }
  }

  @Test
  void settingsOfComposeExist() throws Exception {
    Settings known = Settings.ofServices();
    assertThat(Files.readString(Path.of("..", "docker-compose.yml")).lines())
        .map(String::strip)
        .filteredOn(line -> line.matches("MILLRACE_[A-Z0-9_]+:.*"))
        .map(line -> line.replaceFirst(":.*", ""))
        .hasSizeGreaterThan(10)
        .allMatch(known::has);
  }
}
