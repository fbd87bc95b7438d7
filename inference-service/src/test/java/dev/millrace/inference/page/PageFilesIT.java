package dev.millrace.inference.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.StoredCheckpoint;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page's files and what it asks for once; the page itself is tested in a browser. */
@QuarkusTest
@WithTestResource(StoredCheckpoint.class)
class PageFilesIT {
  private final HttpClient http = HttpClient.newHttpClient();

  @TestHTTPResource URI service;

  @BeforeEach
  void serves() {
    await().atMost(Duration.ofSeconds(30)).until(() -> get("q/health/ready").statusCode() == 200);
  }

  @Test
  void thePageIsServedWithAPolicyThatAllowsOnlyItsOwnFiles() throws Exception {
    HttpResponse<String> page = get("");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Security-Policy"))
        .hasValueSatisfying(
            policy ->
                assertThat(policy).startsWith("default-src 'self';").doesNotContain("unsafe"));
    assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    assertThat(page.headers().firstValue("Cache-Control")).contains("no-cache");
    assertThat(page.body()).doesNotContain("http://", "https://", " style=", " onclick=");
    for (String file : List.of("js/app.js", "css/base.css", "uplot/uPlot.iife.min.js")) {
      assertThat(get(file).statusCode()).as(file).isEqualTo(200);
    }
  }

  @Test
  void onlyFilesOfTheReportAreHandedOut() throws Exception {
    HttpResponse<String> report = get("v1/run/report/report.json");
    assertThat(report.body()).contains("71");
    HttpResponse<String> absent = get("v1/run/report/curves.png");
    assertThat(absent.statusCode()).isEqualTo(404);
    assertThat(absent.body()).contains("run run-1 has no curves.png yet");
    for (String path : List.of("run.json", "..%2Fbest.json", "%2e%2e%2frun.json")) {
      assertThat(get("v1/run/report/" + path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void withoutATestSetOnKafkaTheSamplesAreTheCheckpointsProbe() throws Exception {
    JsonNode samples = new ObjectMapper().readTree(get("v1/run/samples").body());
    assertThat(samples.path("source").asText()).isEqualTo("probe");
    assertThat(samples.path("samples")).hasSize(4);
    assertThat(samples.at("/samples/0/pixels").binaryValue()).hasSize(3072);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(service.resolve(path)).build(), BodyHandlers.ofString());
  }
}
