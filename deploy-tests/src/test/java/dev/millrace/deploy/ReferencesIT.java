package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.strimzi.api.kafka.model.kafka.Kafka;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that every resource that an overlay refers to exists. Kubernetes would accept a wrong name
 * and wait forever.
 */
@EnabledIf(value = "dev.millrace.deploy.Overlay#canBeBuilt", disabledReason = Overlay.NO_KUBECTL)
class ReferencesIT {
  @TempDir private static Path scratch;
  private static List<Overlay> overlays = List.of();

  @BeforeAll
  static void build() throws Exception {
    overlays = Overlay.all(scratch);
  }

  static List<Overlay> overlays() {
    return overlays;
  }

  static boolean matches(LabelSelector selector, Map<String, String> labels) {
    return labels.entrySet().containsAll(selector.getMatchLabels().entrySet())
        && selector.getMatchExpressions().stream().allMatch(e -> matches(e, labels));
  }

  private static boolean matches(LabelSelectorRequirement expression, Map<String, String> labels) {
    assertThat(expression.getOperator()).isEqualTo("In");
    return expression.getValues().contains(labels.get(expression.getKey()));
  }

  private static List<PodTemplateSpec> pods(Overlay overlay, LabelSelector selector) {
    return overlay.workloads().values().stream()
        .filter(template -> matches(selector, template.getMetadata().getLabels()))
        .toList();
  }

  private static List<ContainerPort> ports(PodTemplateSpec template) {
    return template.getSpec().getContainers().stream()
        .flatMap(container -> container.getPorts().stream())
        .toList();
  }

  private static boolean hasPort(PodTemplateSpec template, IntOrString port) {
    return ports(template).stream()
        .anyMatch(
            p ->
                p.getName().equals(port.getStrVal())
                    || p.getContainerPort().equals(port.getIntVal()));
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void selectorsMatchSomething(Overlay overlay) {
    overlay
        .all(Deployment.class)
        .forEach(
            d ->
                assertThat(
                        matches(
                            d.getSpec().getSelector(),
                            d.getSpec().getTemplate().getMetadata().getLabels()))
                    .isTrue());
    for (StatefulSet set : overlay.all(StatefulSet.class)) {
      assertThat(
              matches(
                  set.getSpec().getSelector(),
                  set.getSpec().getTemplate().getMetadata().getLabels()))
          .isTrue();
      assertThat(overlay.one(Service.class, set.getSpec().getServiceName())).isNotNull();
    }
    for (Service service : overlay.all(Service.class)) {
      List<PodTemplateSpec> pods =
          pods(overlay, new LabelSelector(List.of(), service.getSpec().getSelector()));
      assertThat(pods).as("pods of Service %s", service.getMetadata().getName()).isNotEmpty();
      for (ServicePort port : service.getSpec().getPorts()) {
        assertThat(pods).allMatch(pod -> hasPort(pod, port.getTargetPort()));
      }
    }
    for (PodDisruptionBudget budget : overlay.all(PodDisruptionBudget.class)) {
      assertThat(pods(overlay, budget.getSpec().getSelector())).hasSize(1);
    }
    for (HorizontalPodAutoscaler scaler : overlay.all(HorizontalPodAutoscaler.class)) {
      var target = scaler.getSpec().getScaleTargetRef();
      assertThat(target.getKind()).isEqualTo("Deployment");
      assertThat(overlay.one(Deployment.class, target.getName())).isNotNull();
    }
    for (PodTemplateSpec template : overlay.workloads().values()) {
      template
          .getSpec()
          .getTopologySpreadConstraints()
          .forEach(
              spread ->
                  assertThat(matches(spread.getLabelSelector(), template.getMetadata().getLabels()))
                      .isTrue());
    }
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void networkPoliciesNameExistingPodsAndPorts(Overlay overlay) {
    for (NetworkPolicy policy : overlay.all(NetworkPolicy.class)) {
      List<PodTemplateSpec> pods = pods(overlay, policy.getSpec().getPodSelector());
      String name = policy.getMetadata().getName();
      assertThat(pods).as(name).isNotEmpty();
      for (NetworkPolicyIngressRule rule : policy.getSpec().getIngress()) {
        rule.getPorts()
            .forEach(
                port -> assertThat(pods).as(name).anyMatch(pod -> hasPort(pod, port.getPort())));
        rule.getFrom().forEach(peer -> assertThat(isThere(overlay, peer)).as(name).isTrue());
      }
      policy.getSpec().getEgress().stream()
          .flatMap(rule -> rule.getTo().stream())
          .forEach(peer -> assertThat(isThere(overlay, peer)).as(name).isTrue());
    }
  }

  private static boolean isThere(Overlay overlay, NetworkPolicyPeer peer) {
    // Pods in other namespaces and Strimzi's pods are not in the manifests; for Strimzi, only the
    // name of the Kafka cluster can be checked.
    boolean strimzi =
        Map.of("strimzi.io/cluster", "millrace").equals(peer.getPodSelector().getMatchLabels());
    return peer.getNamespaceSelector() != null
        || (strimzi && overlay.one(Kafka.class, "millrace") != null)
        || !pods(overlay, peer.getPodSelector()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void podsReferToExistingObjects(Overlay overlay) {
    overlay
        .workloads()
        .forEach(
            (workload, template) -> {
              PodSpec pod = template.getSpec();
              assertThat(overlay.one(ServiceAccount.class, pod.getServiceAccountName()))
                  .isNotNull();
              Set<String> volumes =
                  pod.getVolumes().stream().map(v -> v.getName()).collect(Collectors.toSet());
              if (workload instanceof StatefulSet set) {
                set.getSpec()
                    .getVolumeClaimTemplates()
                    .forEach(claim -> volumes.add(claim.getMetadata().getName()));
              }
              pod.getVolumes().stream()
                  .filter(volume -> volume.getConfigMap() != null)
                  .forEach(v -> overlay.one(ConfigMap.class, v.getConfigMap().getName()));
              for (Container container : pod.getContainers()) {
                assertThat(volumes)
                    .containsAll(
                        container.getVolumeMounts().stream().map(m -> m.getName()).toList());
                referencesOf(overlay, container);
                probesOf(template, container);
              }
            });
  }

  private static void referencesOf(Overlay overlay, Container container) {
    container
        .getEnvFrom()
        .forEach(
            from -> {
              if (from.getConfigMapRef() != null) {
                overlay.one(ConfigMap.class, from.getConfigMapRef().getName());
              } else {
                overlay.one(Secret.class, from.getSecretRef().getName());
              }
            });
    for (EnvVar variable : container.getEnv()) {
      if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
        var key = variable.getValueFrom().getSecretKeyRef();
        if (Boolean.TRUE.equals(key.getOptional())) {
          continue;
        }
        assertThat(overlay.one(Secret.class, key.getName()).getData()).containsKey(key.getKey());
      }
    }
  }

  private static void probesOf(PodTemplateSpec template, Container container) {
    Stream.of(
            container.getStartupProbe(),
            container.getReadinessProbe(),
            container.getLivenessProbe())
        .filter(probe -> probe != null)
        .map(
            probe ->
                probe.getHttpGet() == null
                    ? probe.getTcpSocket().getPort()
                    : probe.getHttpGet().getPort())
        .forEach(port -> assertThat(hasPort(template, port)).isTrue());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void addressesInSettingsAreServices(Overlay overlay) {
    Map<String, String> settings =
        overlay.all(ConfigMap.class).stream()
            .filter(map -> map.getMetadata().getName().startsWith("settings-"))
            .findFirst()
            .orElseThrow()
            .getData();
    Kafka kafka = overlay.one(Kafka.class, "millrace");
    int port = kafka.getSpec().getKafka().getListeners().get(0).getPort();
    assertThat(settings)
        .containsEntry("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "millrace-kafka-bootstrap:" + port);
    URI collector = URI.create(settings.get("MILLRACE_OTLP_ENDPOINT"));
    assertThat(overlay.one(Service.class, collector.getHost()).getSpec().getPorts())
        .anyMatch(p -> p.getPort() == collector.getPort());
    for (HasMetadata resource : overlay.resources()) {
      assertThat(resource.getKind().equals("Namespace"))
          .as("namespace of %s %s", resource.getKind(), resource.getMetadata().getName())
          .isNotEqualTo("millrace".equals(resource.getMetadata().getNamespace()));
    }
  }
}
