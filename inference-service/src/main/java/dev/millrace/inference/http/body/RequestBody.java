package dev.millrace.inference.http.body;

import dev.millrace.inference.http.Problem;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Reads one request's body. Used on one event loop; only decompression runs on a worker thread. */
final class RequestBody {
  private static final int PIECE = 8 << 10;

  private final RoutingContext context;
  private final HttpServerRequest request;
  private final ContentEncoding encoding;
  private final long limit;
  private final Semaphore memory;
  private final CompletableFuture<byte[]> result = new CompletableFuture<>();

  /** Null once the body is refused. */
  private Buffer content = Buffer.buffer();

  /** The permits of this request; guarded by this, as is {@link #ended}. */
  private int reserved;

  private boolean ended;

  /**
   * Creates a reader that has not read anything yet.
   *
   * @param limit the most bytes of a body, both compressed and decompressed
   * @param memory has a permit for each byte that may be held
   */
  RequestBody(RoutingContext context, ContentEncoding encoding, long limit, Semaphore memory) {
    this.context = context;
    this.request = context.request();
    this.encoding = encoding;
    this.limit = limit;
    this.memory = memory;
  }

  CompletableFuture<byte[]> read() {
    if (announced(request) > limit) {
      return CompletableFuture.failedFuture(new BodyRefusedException(tooLong(limit)));
    }
    context.addEndHandler(response -> release());
    if (request.headers().contains(HttpHeaders.EXPECT)) {
      context.response().writeContinue();
    }
    request.handler(this::add);
    request.endHandler(end -> complete());
    request.exceptionHandler(gone -> result.cancel(false));
    request.resume();
    return result;
  }

  /** Returns the length in the header; 0 if there is none. */
  static long announced(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      // The number does not fit into a long.
      return Long.MAX_VALUE;
    }
  }

  private void add(Buffer chunk) {
    if (content == null) {
      return;
    }
    try {
      reserve(content, chunk.length());
      content.appendBuffer(chunk);
    } catch (BodyRefusedException e) {
      content = null;
      result.completeExceptionally(e);
    }
  }

  private void complete() {
    if (content == null) {
      return;
    }
    byte[] body = content.getBytes();
    if (encoding == ContentEncoding.IDENTITY) {
      result.complete(body);
      return;
    }
    context
        .vertx()
        .executeBlocking(() -> inflate(body), false)
        .onSuccess(result::complete)
        .onFailure(result::completeExceptionally);
  }

  /** Decompresses in pieces, so that the limit also holds for the decompressed body. */
  private byte[] inflate(byte[] body) {
    Buffer inflated = Buffer.buffer();
    byte[] piece = new byte[PIECE];
    try (InputStream pieces = encoding.inflating(new ByteArrayInputStream(body))) {
      for (int count = pieces.read(piece); count >= 0; count = pieces.read(piece)) {
        reserve(inflated, count);
        inflated.appendBytes(piece, 0, count);
      }
    } catch (EOFException e) {
      throw new BodyRefusedException(notSoCompressed("it ends too early"));
    } catch (IOException e) {
      throw new BodyRefusedException(notSoCompressed(e.getMessage()));
    }
    return inflated.getBytes();
  }

  private synchronized void reserve(Buffer held, int more) {
    if (held.length() + more > limit) {
      throw new BodyRefusedException(tooLong(limit));
    }
    if (ended || !memory.tryAcquire(more)) {
      throw new BodyRefusedException(
          Problem.of("busy", "Too many uploads", 503, "the memory for uploads is full"));
    }
    reserved += more;
  }

  private synchronized void release() {
    ended = true;
    memory.release(reserved);
    reserved = 0;
  }

  private Problem notSoCompressed(String why) {
    return Problem.of(
        400,
        "the body is not %s, as its Content-Encoding says: %s"
            .formatted(encoding.name().toLowerCase(Locale.ROOT), why));
  }

  static Problem tooLong(long limit) {
    return Problem.of(
        "body-too-large",
        "Body too large",
        413,
        "a body may have at most %d bytes, inflated too".formatted(limit));
  }
}
