package dev.millrace.benchmarks.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * Clients that repeat one request, each over its own persistent connection. One thread serves all
 * clients: they share the cores with the server under test, and a thread per client would take more
 * CPU time. Thread-safe.
 */
public final class SocketClients implements AutoCloseable {
  private static final int LONGEST_ANSWER = 64 << 10;

  private final InetSocketAddress server;
  private final byte[] question;
  private final AnswerFormat format;
  private final Selector selector;

  /**
   * Creates clients of a server.
   *
   * @param port the port on this machine
   */
  public SocketClients(int port, byte[] question, AnswerFormat format) throws IOException {
    server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.question = question;
    this.format = format;
    selector = Selector.open();
    new Thread(this::serve, "clients").start();
  }

  /**
   * Connects a client and sends its first request.
   *
   * @return the latencies in nanoseconds, available when their time window ends; or the failure
   */
  public Future<long[]> start(Latencies latencies) throws IOException {
    Client client = new Client(SocketChannel.open(server), latencies);
    client.ask();
    client.channel.register(selector, SelectionKey.OP_READ, client);
    selector.wakeup();
    return client.done;
  }

  private void serve() {
    try {
      while (true) {
        selector.select(key -> ((Client) key.attachment()).read());
      }
    } catch (ClosedSelectorException e) {
      // The clients were closed.
    } catch (IOException e) {
      selector.keys().forEach(key -> ((Client) key.attachment()).fail(e));
    }
  }

  private final class Client {
    final SocketChannel channel;
    final CompletableFuture<long[]> done = new CompletableFuture<>();
    private final Latencies latencies;
    private final ByteBuffer out = ByteBuffer.allocateDirect(question.length).put(question);
    private final ByteBuffer in = ByteBuffer.allocateDirect(LONGEST_ANSWER);
    private long asked;

    Client(SocketChannel channel, Latencies latencies) throws IOException {
      this.channel = channel;
      this.latencies = latencies;
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    void ask() throws IOException {
      in.clear();
      asked = System.nanoTime();
      out.rewind();
      while (out.hasRemaining()) {
        channel.write(out); // one write suffices: no other data is in flight
      }
    }

    void read() {
      try {
        if (channel.read(in) < 0) {
          throw new EOFException("the server closed the connection");
        }
        if (!format.isWhole(in)) {
          if (!in.hasRemaining()) {
            throw new IOException("the answer is longer than " + LONGEST_ANSWER);
          }
        } else if (latencies.add(asked, System.nanoTime())) {
          ask();
        } else {
          channel.close();
          done.complete(latencies.toArray());
        }
      } catch (IOException | RuntimeException e) {
        fail(e); // otherwise a waiting caller would block forever
      }
    }

    void fail(Exception why) {
      try {
        channel.close();
      } catch (IOException e) {
        why.addSuppressed(e);
      }
      done.completeExceptionally(why);
    }
  }

  /** Closes the connections. */
  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
