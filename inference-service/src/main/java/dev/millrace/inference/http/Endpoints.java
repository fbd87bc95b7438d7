package dev.millrace.inference.http;

import jakarta.ws.rs.HttpMethod;
import java.util.regex.Pattern;

/** What there is, for answers to requests for something else; the framework does not tell. */
final class Endpoints {
  private static final Pattern POSTS =
      Pattern.compile(
          "/v1/(predict|rollback|pin|unpin|checkpoints/[^/]+/promote)/?|/v2/models/.*/infer/?|/v2/repository/.*");

  private Endpoints() {}

  /**
   * @param path that has nothing
   */
  static String nothingAt(String path) {
    return "nothing is at %s; %s"
        .formatted(
            path,
            Problem.isOip(path)
                ? "there are /v2, /v2/health/live, /v2/health/ready, /v2/models/stats,"
                    + " /v2/repository/index, and /v2/models/MODEL[/versions/VERSION] with"
                    + " /ready, /config, /stats and /infer"
                : "GET /q/openapi lists all that there is");
  }

  /**
   * @param path that has something, but not by the method of the request
   * @return the methods that it has, as the header {@code Allow} wants them
   */
  static String methodsAt(String path) {
    return POSTS.matcher(path).matches()
        ? "%s, %s".formatted(HttpMethod.POST, HttpMethod.OPTIONS)
        : "%s, %s, %s".formatted(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
  }
}
