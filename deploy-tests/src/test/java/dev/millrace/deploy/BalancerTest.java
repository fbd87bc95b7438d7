package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests which requests the load balancer of docker compose may retry. */
class BalancerTest {
  @Test
  void onlySafeRequestsAreRetried() throws Exception {
    List<String> lines =
        Files.readAllLines(Path.of("..", "deploy", "compose", "haproxy.cfg")).stream()
            .map(String::strip)
            .toList();
    List<String> http =
        lines.subList(lines.indexOf("backend inference"), lines.indexOf("backend inference-grpc"));

    assertThat(http)
        .contains(
            "http-request disable-l7-retry unless METH_GET or { method HEAD } or { path_beg /v1/predict /v2/models/ }");
  }
}
