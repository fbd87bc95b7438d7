package dev.millrace.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * An HTTP server that simulates a misconfigured or broken S3 store, or a server that is not an S3
 * store.
 */
final class StubS3 implements AutoCloseable {
  static {
    // Without this, each response waits 40 ms for the client to acknowledge its header.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private static final String PASSWORD = "changeit";

  /**
   * A response to send.
   *
   * @param status HTTP status code
   * @param contentType null to send no content type
   * @param body text of the response
   */
  record Answer(int status, String contentType, String body) {
    static Answer error(int status, String code) {
      return new Answer(
          status,
          "application/xml",
          "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>as the stub says</Message></Error>"
              .formatted(code));
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final String scheme;

  private StubS3(HttpServer server, String scheme, Function<HttpExchange, Answer> answers) {
    this.server = server;
    this.scheme = scheme;
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, answers));
    server.start();
  }

  /** Starts a server that sends the same response to every request. */
  static StubS3 answering(Answer answer) {
    return answering(exchange -> answer);
  }

  /** Starts a server that computes each response with a function. */
  static StubS3 answering(Function<HttpExchange, Answer> answers) {
    try {
      return new StubS3(HttpServer.create(anyPort(), 0), "http", answers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a server whose certificate clients do not trust. */
  static StubS3 untrusted(Path folder) throws Exception {
    Path keys = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "stub",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-storepass",
                PASSWORD,
                "-keystore",
                keys.toString())
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException("keytool failed");
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(anyPort(), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new StubS3(server, "https", exchange -> Answer.error(404, "NoSuchKey"));
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static void answer(HttpExchange exchange, Function<HttpExchange, Answer> answers)
      throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      Answer answer = answers.apply(exchange);
      byte[] body = answer.body().getBytes(UTF_8);
      if (answer.contentType() != null) {
        exchange.getResponseHeaders().set("Content-Type", answer.contentType());
      }
      boolean noBody = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
      exchange.sendResponseHeaders(answer.status(), noBody ? -1 : body.length);
      if (!noBody) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  String endpoint() {
    return "%s://127.0.0.1:%d".formatted(scheme, port());
  }

  MinioObjectStore client() {
    return new MinioObjectStore(endpoint(), "millrace", "key", "secret");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
