package dev.millrace.inference.http;

import dev.millrace.inference.oip.OipJson;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * An error as RFC 9457 has it.
 *
 * @param type a name that programs may compare, {@code about:blank} where the status says it all
 * @param title the same for all problems of a type
 * @param detail about this one, for people
 */
public record Problem(String type, String title, int status, String detail) {
  private static final String MEDIA_TYPE = "application/problem+json";

  /** One that programs may want to tell from others of its status. */
  public static Problem of(String name, String title, int status, String detail) {
    return new Problem("urn:millrace:problem:" + name, title, status, detail);
  }

  public static Problem of(int status, String detail) {
    Response.Status known = Response.Status.fromStatusCode(status);
    String title = known == null ? "Error" : known.getReasonPhrase();
    return new Problem("about:blank", title, status, detail);
  }

  /** As the protocol of the path wants it. */
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
