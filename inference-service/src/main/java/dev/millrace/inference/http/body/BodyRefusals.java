package dev.millrace.inference.http.body;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers requests whose body is refused. */
public final class BodyRefusals {
  private static final String ENCODINGS = "gzip, deflate";
  private static final int RETRY_AFTER_SECONDS = 1;

  @ServerExceptionMapper
  public Response refused(BodyRefusedException e, UriInfo uri) {
    Response.ResponseBuilder response = e.problem().response(uri.getPath());
    switch (e.problem().status()) {
      case 415 -> response.header(HttpHeaders.ACCEPT_ENCODING, ENCODINGS);
      case 503 -> response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
      default -> {}
    }
    return response.build();
  }
}
