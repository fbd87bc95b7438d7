package dev.millrace.checkpoint;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.store.MinioObjectStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/** An S3 server behind a proxy that alters the ETags of its responses. */
final class AlteredEtags implements AutoCloseable {
  static {
    // Without this, each response waits 40 ms for the client to acknowledge its header.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** Headers that the JDK's HTTP client or server sets itself. */
  private static final Set<String> OWN_HEADERS =
      Set.of(
          "host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "date");

  private final UnaryOperator<Optional<String>> altered;
  private final S3Proxy server;
  private final HttpServer proxy;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();

  /**
   * Starts a proxy.
   *
   * @param altered computes the ETag that clients receive from the server's ETag
   */
  AlteredEtags(UnaryOperator<Optional<String>> altered) throws Exception {
    this.altered = altered;
    server =
        S3Proxy.builder()
            .blobStore(new TransientNio2BlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.NONE, null, null)
            .build();
    server.start();
    proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.setExecutor(threads);
    proxy.createContext("/", this::forward);
    proxy.start();
  }

  static UnaryOperator<Optional<String>> none() {
    return etag -> Optional.empty();
  }

  static UnaryOperator<Optional<String>> weak() {
    return etag -> etag.map(tag -> "W/" + tag);
  }

  static UnaryOperator<Optional<String>> compressed() {
    return etag -> etag.map(tag -> tag.substring(0, tag.length() - 1) + "-gzip\"");
  }

  static UnaryOperator<Optional<String>> otherEachTime() {
    AtomicLong answers = new AtomicLong();
    return etag -> etag.map(tag -> "\"%032d\"".formatted(answers.incrementAndGet()));
  }

  MinioObjectStore client() {
    MinioObjectStore store =
        new MinioObjectStore(
            "http://127.0.0.1:" + proxy.getAddress().getPort(), "millrace", "key", "secret");
    store.ensureBucket();
    return store;
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + server.getPort() + exchange.getRequestURI()))
              .method(
                  exchange.getRequestMethod(),
                  BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) -> {
                if (!isOwn(name)) {
                  values.forEach(value -> request.header(name, value));
                }
              });
      answer(exchange, http.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void answer(HttpExchange exchange, HttpResponse<byte[]> answer) throws IOException {
    answer
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (!isOwn(name) && !name.equalsIgnoreCase("ETag")) {
                exchange.getResponseHeaders().put(name, values);
              }
            });
    altered
        .apply(answer.headers().firstValue("ETag"))
        .ifPresent(etag -> exchange.getResponseHeaders().set("ETag", etag));
    int length = answer.body().length;
    exchange.sendResponseHeaders(answer.statusCode(), length == 0 ? -1 : length);
    exchange.getResponseBody().write(answer.body());
  }

  private static boolean isOwn(String header) {
    return OWN_HEADERS.contains(header.toLowerCase(Locale.ROOT));
  }

  @Override
  public void close() throws Exception {
    proxy.stop(0);
    threads.shutdownNow();
    server.stop();
  }
}
