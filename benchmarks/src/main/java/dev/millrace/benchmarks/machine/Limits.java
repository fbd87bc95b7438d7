package dev.millrace.benchmarks.machine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.model.PyTorch;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;

/**
 * Measures the limits of the machine: arithmetic by a matrix product, memory by a copy, and the
 * loopback interface by a server that does nothing. Prints GFLOP/s, GB/s and requests/s.
 */
public final class Limits {
  private static final double SECONDS = 4;
  private static final int SIDE = 1024;
  private static final int COPIED = 32 << 20;
  private static final int REQUEST_BYTES = 3072;
  private static final int RESPONSE_BYTES = 512;
  private static final String END_OF_HEADERS = "\r\n\r\n";

  private Limits() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.out.printf("%.1f %.1f %.0f%n", gigaflops(), copiedGigabytes(), requests());
  }

  private static double gigaflops() {
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      NDArray a = manager.randomUniform(-1, 1, new Shape(SIDE, SIDE));
      NDArray b = manager.randomUniform(-1, 1, new Shape(SIDE, SIDE));
      double perSecond = rate(() -> a.matMul(b).close());
      return perSecond * 2 * SIDE * SIDE * SIDE / 1e9;
    }
  }

  /** Measures the memory bandwidth of a copy on all cores, reads and writes together. */
  private static double copiedGigabytes() {
    int cores = Runtime.getRuntime().availableProcessors();
    byte[][] from = new byte[cores][COPIED];
    byte[][] to = new byte[cores][COPIED];
    double perSecond =
        rate(
            () ->
                IntStream.range(0, cores)
                    .parallel()
                    .forEach(i -> System.arraycopy(from[i], 0, to[i], 0, COPIED)));
    return perSecond * 2 * cores * COPIED / 1e9;
  }

  private static double rate(Runnable work) {
    run(work, SECONDS / 2);
    return run(work, SECONDS);
  }

  private static double run(Runnable work, double seconds) {
    long begin = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - begin < seconds * 1e9) {
      work.run();
      count++;
    }
    return count / ((System.nanoTime() - begin) / 1e9);
  }

  /**
   * Measures the requests per second of an HTTP server that does nothing: as many clients as in the
   * comparison of serving, an image per request and half a kilobyte per response.
   */
  private static double requests() throws IOException, InterruptedException {
    try (ServerSocket server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress())) {
      Thread acceptor = new Thread(() -> accept(server), "server");
      acceptor.setDaemon(true);
      acceptor.start();
      try (H2Load load =
          H2Load.http(
              server.getLocalPort(), "/", "application/octet-stream", new byte[REQUEST_BYTES])) {
        return load.run(H2Load.CLIENTS, 2, SECONDS).perSecond();
      }
    }
  }

  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket client = server.accept();
        Thread thread = new Thread(() -> respond(client));
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      if (!server.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static void respond(Socket client) {
    String head = "HTTP/1.1 200 OK\r\nContent-Length: " + RESPONSE_BYTES + END_OF_HEADERS;
    byte[] response = (head + "x".repeat(RESPONSE_BYTES)).getBytes(StandardCharsets.US_ASCII);
    try (client) {
      client.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(client.getInputStream());
      while (true) {
        skipHeaders(in);
        in.skipNBytes(REQUEST_BYTES);
        client.getOutputStream().write(response);
      }
    } catch (EOFException | SocketException e) {
      // The client has closed the connection.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void skipHeaders(InputStream in) throws IOException {
    int matched = 0;
    while (matched < END_OF_HEADERS.length()) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException();
      }
      matched = next == END_OF_HEADERS.charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
    }
  }
}
