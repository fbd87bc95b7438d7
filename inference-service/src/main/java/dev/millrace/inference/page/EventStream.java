package dev.millrace.inference.page;

import dev.millrace.inference.run.EventLog;
import dev.millrace.inference.run.EventLog.Event;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Optional;

/**
 * The server-sent events for one client. The framework asks for an event when the last one was
 * written, so that a client that does not read costs only its connection, which is closed after a
 * while. Used on the event loop of the connection; only {@link #wake} may be called by any thread.
 */
final class EventStream {
  private static final long RECONNECT_MILLIS = 1_000;

  /** Keeps the connection alive in proxies. */
  private static final long HEARTBEAT_MILLIS = 10_000;

  private final RoutingContext connection;
  private final Sse sse;
  private final long writeMillis;
  private final Vertx vertx;
  private final Context context;
  private final EventLog.Reader reader;

  /** Takes the next event; null while the last one is written. */
  private UniEmitter<? super OutboundSseEvent> waiting;

  /** Ends the wait for the next event, or the write of the last one. */
  private long timer;

  /**
   * Creates a stream that ends with the connection.
   *
   * @param after the id of the last event that the client knows; null for new events only
   * @param writeTimeout how long the client may take to receive an event
   */
  EventStream(
      RoutingContext connection, Sse sse, EventLog log, String after, Duration writeTimeout) {
    this.connection = connection;
    this.sse = sse;
    this.writeMillis = writeTimeout.toMillis();
    this.vertx = connection.vertx();
    this.context = vertx.getOrCreateContext();
    this.reader = log.reader(Optional.ofNullable(after), this::wake);
    connection.addEndHandler(ended -> close());
  }

  Multi<OutboundSseEvent> events() {
    OutboundSseEvent opening =
        sse.newEventBuilder().comment("").reconnectDelay(RECONNECT_MILLIS).build();
    return Multi.createBy()
        .concatenating()
        .streams(
            Multi.createFrom().item(opening),
            Multi.createBy().repeating().uni(this::next).indefinitely());
  }

  private Uni<OutboundSseEvent> next() {
    return Uni.createFrom().<OutboundSseEvent>emitter(this::await);
  }

  private void await(UniEmitter<? super OutboundSseEvent> next) {
    vertx.cancelTimer(timer);
    waiting = next;
    timer = vertx.setTimer(HEARTBEAT_MILLIS, t -> send(sse.newEventBuilder().comment("").build()));
    pull();
  }

  private void wake() {
    context.runOnContext(turn -> pull());
  }

  private void pull() {
    if (waiting != null) {
      reader.next().ifPresent(event -> send(message(event)));
    }
  }

  private OutboundSseEvent message(Event event) {
    return sse.newEventBuilder().id(event.id()).name(event.type()).data(event.data()).build();
  }

  private void send(OutboundSseEvent event) {
    UniEmitter<? super OutboundSseEvent> next = waiting;
    waiting = null;
    vertx.cancelTimer(timer);
    // A client that is cut off reconnects and then gets what it missed.
    timer = vertx.setTimer(writeMillis, t -> connection.response().reset());
    next.complete(event);
  }

  private void close() {
    waiting = null;
    vertx.cancelTimer(timer);
    reader.close();
  }
}
