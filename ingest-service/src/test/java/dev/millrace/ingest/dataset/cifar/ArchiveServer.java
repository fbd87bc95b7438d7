package dev.millrace.ingest.dataset.cifar;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server on loopback whose paths respond in the ways that a test sets. */
final class ArchiveServer implements AutoCloseable {
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  /** Responds to a request for the bytes from an offset. */
  interface Source {
    void answer(HttpExchange exchange, int from) throws IOException;
  }

  ArchiveServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  /** Returns the names of the requested sources, each with the requested range, if any. */
  List<String> requests() {
    return requests;
  }

  URI source(String name, Source source) {
    server.createContext(
        "/" + name + "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          requests.add(name + (range == null ? "" : " " + range));
          try (exchange) {
            source.answer(
                exchange, range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", "")));
          }
        });
    return URI.create("http://localhost:%d/%s/".formatted(server.getAddress().getPort(), name));
  }

  /** Announces all bytes from one offset, and sends them up to another. */
  static void send(HttpExchange exchange, byte[] bytes, int from, int to) throws IOException {
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
    exchange.getResponseBody().write(bytes, from, to - from);
    exchange.getResponseBody().flush();
  }

  static void missing(HttpExchange exchange, int from) throws IOException {
    exchange.sendResponseHeaders(404, -1);
  }

  /** Sends nothing until the server closes. */
  void fallSilent() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
