package dev.millrace.inference.http;

import dev.millrace.images.UnusableImageException;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.UnknownModelException;
import dev.millrace.inference.oip.UnsupportedRequestException;
import dev.millrace.inference.selection.ControlException;
import dev.millrace.inference.serving.RequestRejectedException;
import dev.millrace.inference.upload.UnusableUploadException;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.store.StoreUnavailableException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Maps every failure of a request to a {@link Problem}. */
public final class ProblemMappers {
  private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
  private static final int RETRY_AFTER_SECONDS = 1;

  @ServerExceptionMapper
  public Response unusableImage(UnusableImageException e, UriInfo uri) {
    Problem problem =
        switch (e.kind()) {
          case EMPTY -> Problem.of("no-image", "No image", 400, e.getMessage());
          case UNSUPPORTED_TYPE ->
              Problem.of("unsupported-type", "Unsupported content type", 415, e.getMessage());
          case TOO_LARGE -> Problem.of("image-too-large", "Image too large", 413, e.getMessage());
          case UNREADABLE ->
              Problem.of("unreadable-image", "Unreadable image", 422, e.getMessage());
        };
    return problem.response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response unusableUpload(UnusableUploadException e, UriInfo uri) {
    Problem problem =
        switch (e.kind()) {
          case EMPTY -> Problem.of("no-image", "No image", 400, e.getMessage());
          case FORM -> Problem.of("unusable-form", "Unusable form", 400, e.getMessage());
          case UNSUPPORTED_TYPE ->
              Problem.of("unsupported-type", "Unsupported content type", 415, e.getMessage());
          case TOO_LARGE -> Problem.of("image-too-large", "Image too large", 413, e.getMessage());
          case UNREADABLE ->
              Problem.of("unreadable-image", "Unreadable image", 422, e.getMessage());
        };
    return problem.response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response notServing(RequestRejectedException e, UriInfo uri) {
    Problem problem =
        switch (e.kind()) {
          case NO_MODEL -> Problem.of("no-model", "No model yet", 503, e.getMessage());
          case OTHER_CHECKPOINT -> Problem.of(404, e.getMessage());
          case QUEUE_FULL -> Problem.of("queue-full", "Too many requests", 503, e.getMessage());
          case CLOSED -> Problem.of("stopping", "Stopping", 503, e.getMessage());
        };
    Response.ResponseBuilder response = problem.response(uri.getPath());
    if (problem.status() == 503) {
      response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    return response.build();
  }

  @ServerExceptionMapper
  public Response invalid(InvalidRequestException e, UriInfo uri) {
    return Problem.of(400, e.getMessage()).response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response unknownModel(UnknownModelException e, UriInfo uri) {
    return Problem.of(404, e.getMessage()).response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response unsupported(UnsupportedRequestException e, UriInfo uri) {
    return Problem.of(501, e.getMessage()).response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response timeIsUp(TimeoutException e, UriInfo uri) {
    return Problem.of("deadline", "Deadline exceeded", 504, "the request's deadline passed")
        .response(uri.getPath())
        .build();
  }

  /** The status is for logs and metrics only; the client has disconnected. */
  @ServerExceptionMapper
  public Response clientGone(CancellationException e, UriInfo uri) {
    return Problem.of(499, "the client disconnected").response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response control(ControlException e, UriInfo uri) {
    Problem problem =
        switch (e.kind()) {
          case UNKNOWN_CHECKPOINT ->
              Problem.of("unknown-checkpoint", "Unknown checkpoint", 404, e.getMessage());
          case AMBIGUOUS -> Problem.of("ambiguous", "Several checkpoints", 409, e.getMessage());
          case REFUSED -> Problem.of("refused", "Checkpoint refused", 422, e.getMessage());
          case NOTHING -> Problem.of("nothing", "Nothing to change to", 409, e.getMessage());
        };
    return problem.response(uri.getPath()).build();
  }

  @ServerExceptionMapper
  public Response storeAway(StoreUnavailableException e, UriInfo uri) {
    return Problem.of("store-away", "Checkpoint store away", 503, e.getMessage())
        .response(uri.getPath())
        .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
        .build();
  }

  @ServerExceptionMapper
  public Response storeRefuses(StoreRefusedException e, UriInfo uri) {
    return Problem.of("store-refuses", "Checkpoint store refuses", 502, e.getMessage())
        .response(uri.getPath())
        .build();
  }

  @ServerExceptionMapper
  public Response http(WebApplicationException e, UriInfo uri, ContainerRequestContext request) {
    Response response = e.getResponse();
    if (response.getStatus() < 400 || response.hasEntity()) {
      return response;
    }
    String path = uri.getPath();
    if (e instanceof NotAllowedException) {
      String allowed = Endpoints.methodsAt(path);
      String detail =
          "%s is not allowed at %s; allowed: %s".formatted(request.getMethod(), path, allowed);
      return Problem.of(response.getStatus(), detail)
          .response(path)
          .header(HttpHeaders.ALLOW, allowed)
          .build();
    }
    boolean nothingThere = e instanceof NotFoundException && uri.getMatchedResources().isEmpty();
    return Problem.of(
            response.getStatus(), nothingThere ? Endpoints.nothingAt(path) : e.getMessage())
        .response(path)
        .build();
  }

  /** The body of the request ended early. */
  @ServerExceptionMapper
  public Response bodyNotReadable(IOException e, UriInfo uri) {
    LOG.debug("a body could not be read", e);
    return Problem.of(400, "the body could not be read: " + e.getMessage())
        .response(uri.getPath())
        .build();
  }

  @ServerExceptionMapper
  public Response unforeseen(Throwable e, UriInfo uri) {
    LOG.error("a request failed", e);
    return Problem.of(500, "internal error; the log of the service has the cause")
        .response(uri.getPath())
        .build();
  }
}
