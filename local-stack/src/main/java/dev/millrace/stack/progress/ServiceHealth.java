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

/** Asks services whether they are ready and what they wait for. */
public final class ServiceHealth {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** A service's answer. */
  public record Answer(int status, JsonNode checks) {
    public boolean isReady() {
      return status == 200;
    }

    /** The data of a check; a missing node if it has none. */
    public JsonNode data(String check) {
      for (JsonNode candidate : checks) {
        if (candidate.path("name").asText().equals(check)) {
          return candidate.path("data");
        }
      }
      return checks.path("none");
    }
  }

  // No proxy of the user's stands between us and this machine.
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(1))
          .proxy(HttpClient.Builder.NO_PROXY)
          .build();

  /** Empty if nothing answers there: not up yet, or just dying. */
  public Optional<Answer> ask(int port) throws InterruptedException {
    URI ready = URI.create("http://%s:%d/q/health/ready".formatted(Ports.HOST, port));
    HttpRequest request = HttpRequest.newBuilder(ready).timeout(PATIENCE).build();
    try {
      HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
      return Optional.of(
          new Answer(answer.statusCode(), Json.read(answer.body(), JsonNode.class).path("checks")));
    } catch (IOException | MalformedException e) {
      // The supervisor looks after the process itself.
      return Optional.empty();
    }
  }

  /** What a service waits for, the oldest first. */
  public List<Wait> waits(String service, int port) throws InterruptedException {
    return ask(port).map(answer -> waits(service, answer.data("waits"))).orElse(List.of());
  }

  /**
   * @param data texts with the time since when
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
                // No time: something else that the check tells.
              }
            });
    waits.sort((a, b) -> a.since().compareTo(b.since()));
    return waits;
  }
}
