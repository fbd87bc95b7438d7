package dev.millrace.inference;

import dev.millrace.inference.serving.NotServingException;
import dev.millrace.protocol.image.UnusableImageException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure of a request as a {@link Problem}. */
public final class ProblemMappers {
  private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
  private static final int RETRY_AFTER_SECONDS = 1;

  @ServerExceptionMapper
  public Response unusableImage(UnusableImageException e) {
    Problem problem =
        switch (e.kind()) {
          case EMPTY -> Problem.of("no-image", "No image", 400, e.getMessage());
          case UNSUPPORTED_TYPE ->
              Problem.of("unsupported-type", "Unsupported content type", 415, e.getMessage());
          case TOO_LARGE -> Problem.of("image-too-large", "Image too large", 413, e.getMessage());
          case UNREADABLE ->
              Problem.of("unreadable-image", "Unreadable image", 422, e.getMessage());
        };
    return problem.response().build();
  }

  @ServerExceptionMapper
  public Response notServing(NotServingException e) {
    Problem problem =
        switch (e.kind()) {
          case NO_MODEL -> Problem.of("no-model", "No model yet", 503, e.getMessage());
          case QUEUE_FULL -> Problem.of("queue-full", "Too many requests", 503, e.getMessage());
          case CLOSED -> Problem.of("stopping", "Stopping", 503, e.getMessage());
        };
    return problem.response().header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS).build();
  }

  @ServerExceptionMapper
  public Response http(WebApplicationException e) {
    Response response = e.getResponse();
    if (response.getStatus() < 400 || response.hasEntity()) {
      return response;
    }
    return Problem.of(response.getStatus(), e.getMessage()).response().build();
  }

  /** Of the request: a form without its end, or a client that is gone. */
  @ServerExceptionMapper
  public Response bodyNotReadable(IOException e) {
    LOG.debug("a body could not be read", e);
    return Problem.of(400, "the body could not be read: " + e.getMessage()).response().build();
  }

  @ServerExceptionMapper
  public Response unforeseen(Throwable e) {
    LOG.error("a request failed", e);
    return Problem.of(500, "the service failed; its log says why").response().build();
  }
}
