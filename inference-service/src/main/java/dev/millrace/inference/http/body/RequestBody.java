package dev.millrace.inference.http.body;

import dev.millrace.inference.http.Problem;
import dev.millrace.protocol.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * Reads one request's body. A refused body is still read and discarded, up to a limit, since a
 * client that is still sending would see a broken connection instead of the response. Used on one
 * event loop; only decompression runs on a worker thread.
 */
final class RequestBody {
  private static final long DROPPED_AT_MOST = 64L << 20;
  private static final int PIECE = 8 << 10;

  private final RoutingContext context;
  private final HttpServerRequest request;
  private final ContentEncoding encoding;
  private final long limit;
  private final MemoryBudget budget;
  private Buffer content = Buffer.buffer();
  private long seen;
  private long reserved;
  private Problem refusal;

  /**
   * Creates a reader that has not read anything yet.
   *
   * @param limit the most bytes of a body, both compressed and decompressed
   */
  RequestBody(RoutingContext context, ContentEncoding encoding, long limit, MemoryBudget budget) {
    this.context = context;
    this.request = context.request();
    this.encoding = encoding;
    this.limit = limit;
    this.budget = budget;
  }

  /** Reads the body and passes the request to the next handler, or answers with a problem. */
  void read() {
    long announced = announced();
    if (announced > limit) {
      refuse(tooLong());
      return;
    }
    context.addEndHandler(ended -> budget.release(reserved));
    if (request.headers().contains(HttpHeaders.EXPECT)) {
      context.response().writeContinue();
    }
    receive();
  }

  /** Answers at once if the client waits for {@code 100 Continue}, else after the whole body. */
  void refuse(Problem problem) {
    refusal = problem;
    if (announced() > DROPPED_AT_MOST || request.headers().contains(HttpHeaders.EXPECT)) {
      answerAndHangUp();
    } else {
      receive();
    }
  }

  private void receive() {
    request.handler(this::add);
    request.endHandler(end -> complete());
    request.resume();
  }

  private void add(Buffer chunk) {
    seen += chunk.length();
    if (refusal == null) {
      if (mayHold(content, chunk.length())) {
        content.appendBuffer(chunk);
      }
    } else if (seen > DROPPED_AT_MOST && !context.response().ended()) {
      answerAndHangUp();
    }
  }

  /** Reserves memory for more bytes, or sets the problem to answer with. */
  private boolean mayHold(Buffer held, int more) {
    if (held.length() + more > limit) {
      refusal = tooLong();
    } else if (!budget.reserve(more)) {
      refusal = busy();
    } else {
      reserved += more;
    }
    return refusal == null;
  }

  private void complete() {
    if (refusal != null || encoding == ContentEncoding.IDENTITY) {
      pass();
      return;
    }
    context
        .vertx()
        .executeBlocking(this::inflate, false)
        .onSuccess(
            inflated -> {
              content = inflated;
              request.headers().remove(HttpHeaders.CONTENT_ENCODING);
              request
                  .headers()
                  .set(HttpHeaders.CONTENT_LENGTH, Integer.toString(inflated.length()));
              pass();
            })
        .onFailure(context::fail);
  }

  private void pass() {
    if (refusal == null) {
      ((RoutingContextInternal) context).setBody(content);
      context.next();
    } else if (!context.response().ended()) {
      answer();
    }
  }

  /**
   * Decompresses in pieces, so that the limit also holds for the decompressed body. Runs on a
   * worker thread while the event loop does not touch this request.
   */
  private Buffer inflate() {
    Buffer inflated = Buffer.buffer();
    byte[] piece = new byte[PIECE];
    try (InputStream pieces = encoding.inflating(new ByteArrayInputStream(content.getBytes()))) {
      for (int count = pieces.read(piece);
          count >= 0 && refusal == null;
          count = pieces.read(piece)) {
        if (mayHold(inflated, count)) {
          inflated.appendBytes(piece, 0, count);
        }
      }
    } catch (EOFException e) {
      refusal = notSoCompressed("it ends too early");
    } catch (IOException e) {
      refusal = notSoCompressed(e.getMessage());
    }
    return inflated;
  }

  private void answerAndHangUp() {
    context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    answer();
  }

  private void answer() {
    if (refusal.status() == 503) {
      context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    context
        .response()
        .setStatusCode(refusal.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.mediaType(context.normalizedPath()))
        .end(Buffer.buffer(Json.bytes(refusal.entity(context.normalizedPath()))));
  }

  private long announced() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      // The number does not fit into a long.
      return Long.MAX_VALUE;
    }
  }

  private Problem notSoCompressed(String why) {
    return Problem.of(
        400,
        "the body is not %s, as its Content-Encoding says: %s"
            .formatted(encoding.name().toLowerCase(Locale.ROOT), why));
  }

  private Problem tooLong() {
    return Problem.of(
        "body-too-large",
        "Body too large",
        413,
        "a body may have at most %d bytes, inflated too".formatted(limit));
  }

  private static Problem busy() {
    return Problem.of("busy", "Too many uploads", 503, "the memory for uploads is full");
  }
}
