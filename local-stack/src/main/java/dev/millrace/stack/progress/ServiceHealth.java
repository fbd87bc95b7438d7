package dev.millrace.stack.progress;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.stack.home.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Queries the health of services: whether they are ready, and what they wait for. */
public final class ServiceHealth {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** A service's response. */
  public record Answer(int status, JsonNode checks) {
    public boolean isReady() {
      return status == 200;
    }

    /** Returns the data of a check; a missing node if it has none. */
    public JsonNode data(String check) {
      for (JsonNode candidate : checks) {
        if (candidate.path("name").asText().equals(check)) {
          return candidate.path("data");
        }
      }
      return checks.path("none");
    }
  }

  // Requests to this machine do not use the user's proxy.
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(1))
          .proxy(HttpClient.Builder.NO_PROXY)
          .build();

  /** Queries a service. Returns empty if it does not answer, while it starts or stops. */
  public Optional<Answer> query(int port) throws InterruptedException {
    URI ready = URI.create("http://%s:%d/q/health/ready".formatted(Ports.HOST, port));
    HttpRequest request = HttpRequest.newBuilder(ready).timeout(PATIENCE).build();
    try {
      HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
      return Optional.of(
          new Answer(answer.statusCode(), Json.read(answer.body(), JsonNode.class).path("checks")));
    } catch (IOException | MalformedException e) {
      // The supervisor handles the process itself.
      return Optional.empty();
    }
  }

  /** Returns what a service waits for, the oldest wait first. */
  public List<Wait> waits(String service, int port) throws InterruptedException {
    return query(port).map(answer -> waits(service, answer.data("waits"))).orElse(List.of());
  }

  /**
   * Parses the waits in the data of a health check.
   *
   * @param data what the service waits for, each with the time since when
   */
  public static List<Wait> waits(String service, JsonNode data) {
    List<Wait> waits = new ArrayList<>();
    data.properties()
        .forEach(
            entry -> {
              try {
                waits.add(
                    new Wait(service, entry.getKey(), Instant.parse(entry.getValue().asText())));
              } catch (DateTimeParseException e) {
                // Not a time, so this entry is no wait.
              }
            });
    waits.sort((a, b) -> a.since().compareTo(b.since()));
    return waits;
  }
}
