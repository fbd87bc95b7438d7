package dev.millrace.inference.http;

import dev.millrace.inference.oip.OipJson;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * An error in the format of RFC 9457, problem details.
 *
 * @param type a name that programs may compare; {@code about:blank} if the status is enough
 * @param title the same for all problems of a type
 * @param detail a message about this occurrence
 */
public record Problem(String type, String title, int status, String detail) {
  private static final String MEDIA_TYPE = "application/problem+json";

  /** Creates a problem with its own type. */
  public static Problem of(String name, String title, int status, String detail) {
    return new Problem("urn:millrace:problem:" + name, title, status, detail);
  }

  public static Problem of(int status, String detail) {
    Response.Status known = Response.Status.fromStatusCode(status);
    String title = known == null ? "Error" : known.getReasonPhrase();
    return new Problem("about:blank", title, status, detail);
  }

  /** Creates a response in the format of the protocol at the path. */
  public Response.ResponseBuilder response(String path) {
    return Response.status(status).type(mediaType(path)).entity(entity(path));
  }

  public static String mediaType(String path) {
    return isOip(path) ? MediaType.APPLICATION_JSON : MEDIA_TYPE;
  }

  public Object entity(String path) {
    return isOip(path) ? new OipJson.Failure(detail) : this;
  }

  static boolean isOip(String path) {
    return path.equals("/v2") || path.startsWith("/v2/");
  }
}
