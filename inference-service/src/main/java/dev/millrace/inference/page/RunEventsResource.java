package dev.millrace.inference.page;

import dev.millrace.inference.http.Problem;
import dev.millrace.inference.run.EventLog;
import io.smallrye.mutiny.Multi;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.ServiceUnavailableException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jboss.resteasy.reactive.ResponseHeader;

/**
 * Server-sent events {@code training}, {@code checkpoint}, {@code reload}, {@code waiting} and
 * {@code reset}. A client that names its last event, by the header {@code Last-Event-ID} or the
 * parameter {@code after}, gets all later events or a {@code reset}.
 */
@Path("/v1/run/events")
@Singleton
public final class RunEventsResource {
  static final int MAX_CLIENTS = 64;

  private static final int RETRY_AFTER_SECONDS = 10;
  private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(30);

  private final EventLog log;
  private final Semaphore places = new Semaphore(MAX_CLIENTS);

  RunEventsResource(EventLog log) {
    this.log = log;
  }

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @ResponseHeader(name = HttpHeaders.CACHE_CONTROL, value = "no-store")
  @ResponseHeader(name = "X-Accel-Buffering", value = "no")
  public Multi<OutboundSseEvent> events(
      @HeaderParam(HttpHeaders.LAST_EVENT_ID_HEADER) String lastEventId,
      @QueryParam("after") String after,
      @Context Sse sse,
      @Context RoutingContext connection) {
    if (!places.tryAcquire()) {
      throw new ServiceUnavailableException(busy(connection.normalizedPath()));
    }
    connection.addEndHandler(ended -> places.release());
    String known = lastEventId == null ? after : lastEventId;
    return new EventStream(connection, sse, log, known, WRITE_TIMEOUT).events();
  }

  private static Response busy(String path) {
    return Problem.of(
            "busy",
            "Too many readers",
            503,
            "%d clients read events already".formatted(MAX_CLIENTS))
        .response(path)
        .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
        .build();
  }
}
