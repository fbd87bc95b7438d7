package dev.millrace.benchmarks.machine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.benchmarks.load.Load;
import dev.millrace.benchmarks.load.SocketClients;
import dev.millrace.model.PyTorch;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.stream.IntStream;

/**
 * Measures the limits of the machine: arithmetic by a matrix product, memory by a copy, and the
 * loopback interface by an echo server. Prints GFLOP/s, GB/s and exchanges/s.
 */
public final class Limits {
  private static final double SECONDS = 4;
  private static final int SIDE = 1024;
  private static final int COPIED = 32 << 20;
  private static final int QUESTION = 3072;
  private static final int ANSWER = 512;

  private Limits() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.out.printf("%.1f %.1f %.0f%n", gigaflops(), copiedGigabytes(), exchanges());
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
   * Measures the exchanges of an echo server: as many clients as in the comparison of serving, an
   * image per request and half a kilobyte per response.
   */
  private static double exchanges() throws IOException, InterruptedException {
    try (ServerSocket server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress())) {
      Thread acceptor = new Thread(() -> accept(server), "echo");
      acceptor.setDaemon(true);
      acceptor.start();
      try (SocketClients clients =
          new SocketClients(
              server.getLocalPort(), new byte[QUESTION], answer -> answer.position() == ANSWER)) {
        return Load.run(Load.CLIENTS, 2, SECONDS, clients::start).perSecond();
      }
    }
  }

  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket client = server.accept();
        Thread thread = new Thread(() -> echo(client));
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      if (!server.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static void echo(Socket client) {
    byte[] question = new byte[QUESTION];
    try (client) {
      client.setTcpNoDelay(true);
      DataInputStream in = new DataInputStream(client.getInputStream());
      while (true) {
        in.readFully(question);
        client.getOutputStream().write(question, 0, ANSWER);
      }
    } catch (EOFException e) {
      // The client has closed the connection.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
