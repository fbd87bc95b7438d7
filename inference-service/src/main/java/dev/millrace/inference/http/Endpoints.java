package dev.millrace.inference.http;

import jakarta.ws.rs.HttpMethod;
import java.util.regex.Pattern;

/** Lists the endpoints for error messages, since the framework does not expose them. */
final class Endpoints {
  private static final Pattern POSTS =
      Pattern.compile(
          "/v1/(predict|rollback|pin|unpin|checkpoints/[^/]+/promote)/?|/v2/models/.*/infer/?|/v2/repository/.*");

  private Endpoints() {}

  /**
   * Returns the message for an unknown path.
   *
   * @param path the unknown path
   */
  static String nothingAt(String path) {
    return "there is no endpoint at %s; %s"
        .formatted(
            path,
            Problem.isOip(path)
                ? "there are /v2, /v2/health/live, /v2/health/ready, /v2/models/stats,"
                    + " /v2/repository/index, and /v2/models/MODEL[/versions/VERSION] with"
                    + " /ready, /config, /stats and /infer"
                : "GET /q/openapi lists all endpoints");
  }

  /**
   * Returns the methods of an endpoint, formatted as the header {@code Allow}.
   *
   * @param path the path of the endpoint
   */
  static String methodsAt(String path) {
    return POSTS.matcher(path).matches()
        ? "%s, %s".formatted(HttpMethod.POST, HttpMethod.OPTIONS)
        : "%s, %s, %s".formatted(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
  }
}
