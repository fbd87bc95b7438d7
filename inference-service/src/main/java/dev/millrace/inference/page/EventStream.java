package dev.millrace.inference.page;

import dev.millrace.inference.run.EventLog;
import dev.millrace.inference.run.EventLog.Event;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Sends server-sent events to one client. It pulls the next event when the last one was written, so
 * that a client that does not read costs only its connection, which is closed after 30 seconds.
 * Used on one event loop.
 */
final class EventStream {
  private static final long BEAT_MILLIS = 10_000;
  private static final int BEATS_STALLED = 3;
  private static final Buffer OPENING = Buffer.buffer("retry: 1000\n\n");

  /** A comment that keeps the connection alive in proxies. */
  private static final Buffer BEAT = Buffer.buffer(":\n\n");

  private final Vertx vertx;
  private final Context context;
  private final HttpServerResponse response;
  private final EventLog.Reader reader;
  private final Runnable closed;
  private final AtomicBoolean woken = new AtomicBoolean();
  private long timer;
  private int stalled;
  private boolean open = true;

  EventStream(RoutingContext routing, EventLog log, String after, Runnable closed) {
    this.vertx = routing.vertx();
    this.context = vertx.getOrCreateContext();
    this.response = routing.response();
    this.closed = closed;
    this.reader = log.reader(Optional.ofNullable(after), this::wake);
  }

  void start() {
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("X-Accel-Buffering", "no")
        .closeHandler(gone -> close())
        .exceptionHandler(failure -> close())
        .drainHandler(ready -> pump());
    timer = vertx.setPeriodic(BEAT_MILLIS, beat -> beat());
    response.write(OPENING);
    pump();
  }

  /** Continues on the event loop. May be called by any thread. */
  private void wake() {
    if (woken.compareAndSet(false, true)) {
      context.runOnContext(turn -> pump());
    }
  }

  private void pump() {
    woken.set(false);
    while (open && !response.writeQueueFull()) {
      Optional<Event> event = reader.next();
      if (event.isEmpty()) {
        return;
      }
      response.write(frame(event.get()));
    }
  }

  private static Buffer frame(Event event) {
    return Buffer.buffer("id: " + event.id() + "\nevent: " + event.type() + "\ndata: ")
        .appendBytes(event.data())
        .appendString("\n\n");
  }

  private void beat() {
    if (!response.writeQueueFull()) {
      stalled = 0;
      response.write(BEAT);
    } else if (++stalled == BEATS_STALLED) {
      // The client reconnects and then gets what it missed.
      response.reset();
      close();
    }
  }

  private void close() {
    if (open) {
      open = false;
      vertx.cancelTimer(timer);
      reader.close();
      closed.run();
    }
  }
}
