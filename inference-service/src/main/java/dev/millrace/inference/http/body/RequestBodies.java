package dev.millrace.inference.http.body;

import dev.millrace.inference.http.Problem;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/**
 * Reads bodies for endpoints on the event loop, so that no worker thread waits for a slow client.
 * Endpoints call it after their role was checked. All bodies together are limited to a share of the
 * heap.
 */
@Singleton
public final class RequestBodies {
  /** The largest body, in bytes, of predictions and inferences. */
  private static final long LARGE = 8 << 20;

  /** The largest body, in bytes, of other requests. */
  static final long SMALL = 4 << 10;

  /**
   * The divisor of the heap for all bodies. Images are decoded from a copy, and other data needs
   * room.
   */
  private static final int SHARE_OF_HEAP = 8;

  /** A permit for each byte that may be held. */
  private final Semaphore memory;

  RequestBodies() {
    long share = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    memory = new Semaphore((int) Math.min(Integer.MAX_VALUE, Math.max(share, 2 * LARGE)));
  }

  /**
   * Reads a body and decodes its content encoding.
   *
   * @return the body, or a {@link BodyRefusedException}; cancelled if the client disconnects
   */
  public CompletionStage<byte[]> read(RoutingContext context) {
    return read(context, LARGE);
  }

  /** Reads a body as {@link #read} does, which may have 4 KiB at most. */
  public CompletionStage<byte[]> readSmall(RoutingContext context) {
    return read(context, SMALL);
  }

  /** Returns the content type as received, even if malformed; null if there is none. */
  public static String declaredType(RoutingContext context) {
    return BodyFilter.declaredType(context);
  }

  private CompletionStage<byte[]> read(RoutingContext context, long most) {
    List<String> encodings = context.request().headers().getAll(HttpHeaders.CONTENT_ENCODING);
    Optional<ContentEncoding> encoding = ContentEncoding.of(encodings);
    if (encoding.isEmpty()) {
      return CompletableFuture.failedFuture(
          new BodyRefusedException(unsupported(String.join(", ", encodings))));
    }
    return new RequestBody(context, encoding.get(), most, memory).read();
  }

  private static Problem unsupported(String encodings) {
    return Problem.of(
        "unsupported-encoding",
        "Unsupported content encoding",
        415,
        "Content-Encoding '%s' is not taken; send the body as it is, or as gzip or deflate"
            .formatted(encodings));
  }
}
