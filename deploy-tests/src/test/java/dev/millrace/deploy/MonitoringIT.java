package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRuleSpec;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
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
 * Tests that all services are scraped on Kubernetes, with the alerts and dashboards of docker
 * compose.
 */
@EnabledIf(value = "dev.millrace.deploy.Overlay#canBeBuilt", disabledReason = Overlay.NO_KUBECTL)
class MonitoringIT {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @TempDir private static Path scratch;
  private static List<Overlay> overlays = List.of();

  @BeforeAll
  static void build() throws Exception {
    overlays = Overlay.all(scratch);
  }

  static List<Overlay> overlays() {
    return overlays;
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void metricsAreScrapedFromEveryService(Overlay overlay) {
    List<ServiceMonitor> monitors = overlay.all(ServiceMonitor.class);
    if (overlay.name().equals("local")) {
      assertThat(monitors).isEmpty();
      return;
    }
    Set<String> scraped =
        overlay.all(Service.class).stream()
            .filter(service -> monitors.stream().anyMatch(monitor -> scrapes(monitor, service)))
            .map(service -> service.getMetadata().getName())
            .collect(Collectors.toSet());
    assertThat(scraped)
        .containsExactlyInAnyOrder("ingest", "trainer", "inference", "otel-collector");
  }

  private static boolean scrapes(ServiceMonitor monitor, Service service) {
    return ReferencesIT.matches(monitor.getSpec().getSelector(), service.getMetadata().getLabels())
        && monitor.getSpec().getEndpoints().stream()
            .allMatch(
                endpoint ->
                    service.getSpec().getPorts().stream()
                        .anyMatch(port -> port.getName().equals(endpoint.getPort())));
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void alertsAndDashboardsAreThoseOfCompose(Overlay overlay) throws IOException {
    if (overlay.name().equals("local")) {
      return;
    }
    Path deploy = Path.of("..", "deploy");
    PrometheusRule rule = overlay.one(PrometheusRule.class, "millrace");
    PrometheusRuleSpec wanted =
        YAML.readValue(
            deploy.resolve("prometheus/rules/millrace.yml").toFile(), PrometheusRuleSpec.class);
    assertThat(rule.getSpec()).isEqualTo(wanted);
    Map<String, String> dashboards = overlay.one(ConfigMap.class, "grafana-dashboards").getData();
    try (Stream<Path> files = Files.list(deploy.resolve("grafana/dashboards"))) {
      assertThat(dashboards.keySet())
          .containsExactlyInAnyOrderElementsOf(files.map(f -> f.getFileName().toString()).toList());
    }
  }
}
