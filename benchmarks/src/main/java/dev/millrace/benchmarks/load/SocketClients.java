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
 * Clients that ask one and the same question again and again, each over a connection of its own
 * that it keeps. One thread serves them all, because they run on the cores that they measure a
 * server on: a thread for each would take more of them. Thread-safe.
 */
public final class SocketClients implements AutoCloseable {
  private static final int LONGEST_ANSWER = 64 << 10;

  private final InetSocketAddress server;
  private final byte[] question;
  private final AnswerFormat format;
  private final Selector selector;

  /**
   * @param port on this machine
   */
  public SocketClients(int port, byte[] question, AnswerFormat format) throws IOException {
    server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.question = question;
    this.format = format;
    selector = Selector.open();
    new Thread(this::serve, "clients").start();
  }

  /**
   * Connects and asks.
   *
   * @return latencies in nanoseconds, when they take no more; or why there is no answer
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
      // All is over.
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
        channel.write(out); // all at once: nothing else is on its way
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
        fail(e); // or whoever waits for this client would wait for ever
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

  /** Hangs up. */
  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
