package dev.millrace.benchmarks.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * Clients that make one and the same unary gRPC call again and again, over one connection, as
 * gRPC's are meant to. One thread serves them all, with no more of HTTP/2 (RFC 9113) than such a
 * call needs, because they run on the cores that they measure a server on: of those gRPC's own
 * client takes more than what brings the calls to the service. Thread-safe.
 */
public final class GrpcClients implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  /** What either side may send before it is allowed more, at first. */
  private static final int FIRST_WINDOW = 65_535;

  private static final int MOST_STREAMS = Integer.MAX_VALUE;

  private final SocketChannel channel;
  private final byte[] head;
  private final byte[] message;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
  private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
  private final Map<Integer, Client> asking = new HashMap<>();

  /** Those whose question the server does not take yet. */
  private final Queue<Client> held = new ArrayDeque<>();

  private int nextStream = 1;
  private long window = FIRST_WINDOW;

  /**
   * Connects.
   *
   * @param port on this machine
   * @param path of the method, with its service
   * @param message as protobuf has it, of at most 16 KB
   */
  public GrpcClients(int port, String path, byte[] message) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    head = Http2.callHead(path, "127.0.0.1:" + port);
    this.message = Http2.grpcMessage(message);
    out.put(Http2.PREFACE);
    Http2.frame(out, Http2.SETTINGS, 0, 0, new byte[0]);
    Http2.windowUpdate(out, MOST_STREAMS - FIRST_WINDOW); // answers never wait for us
    flush();
    new Thread(this::serve, "clients").start();
  }

  /**
   * Asks.
   *
   * @return latencies in nanoseconds, when they take no more; or why there is no answer
   */
  public synchronized Future<long[]> start(Latencies latencies) throws IOException {
    Client client = new Client(latencies);
    ask(client);
    flush();
    return client.done;
  }

  private void ask(Client client) throws IOException {
    client.asked = System.nanoTime();
    client.answered = false;
    send(client);
  }

  private void send(Client client) throws IOException {
    if (window < message.length) {
      held.add(client);
      return;
    }
    window -= message.length;
    if (out.remaining() < head.length + message.length + 2 * Http2.HEAD) {
      flush();
    }
    asking.put(nextStream, client);
    Http2.frame(out, Http2.HEADERS, Http2.END_HEADERS, nextStream, head);
    Http2.frame(out, Http2.DATA, Http2.END_STREAM, nextStream, message);
    nextStream += 2;
  }

  private void flush() throws IOException {
    out.flip();
    while (out.hasRemaining()) {
      channel.write(out);
    }
    out.clear();
  }

  private void serve() {
    try {
      while (channel.read(in) >= 0) {
        in.flip();
        takeFrames();
        in.compact();
      }
      throw new EOFException("the server closed the connection");
    } catch (IOException | RuntimeException e) {
      fail(e); // or whoever waits for a client would wait for ever
    }
  }

  /** All that have come whole; what is asked thereupon leaves together. */
  private synchronized void takeFrames() throws IOException {
    while (in.remaining() >= Http2.HEAD
        && in.remaining() >= Http2.HEAD + (in.getInt(in.position()) >>> 8)) {
      int length = in.getInt() >>> 8;
      in.position(in.position() - 1);
      take(in.get(), in.get(), in.getInt(), length);
    }
    flush();
  }

  private void take(int type, int flags, int stream, int length) throws IOException {
    int end = in.position() + length;
    switch (type) {
      case Http2.DATA -> asking.get(stream).answered = true;
      case Http2.HEADERS -> {
        if ((flags & Http2.END_STREAM) != 0) {
          end(stream);
        }
      }
      case Http2.SETTINGS, Http2.PING -> {
        if ((flags & Http2.ACK) == 0) {
          byte[] echo = new byte[type == Http2.PING ? length : 0];
          in.get(echo);
          Http2.frame(out, type, Http2.ACK, 0, echo);
        }
      }
      case Http2.WINDOW_UPDATE -> {
        if (stream == 0) {
          window += in.getInt();
          for (int i = held.size(); i > 0; i--) {
            send(held.remove());
          }
        }
      }
      case Http2.RST_STREAM, Http2.GOAWAY ->
          throw new IOException("the server ended the call or the connection");
      default -> {
        // Nothing that a call waits for.
      }
    }
    in.position(end);
  }

  /** A call that fails ends without a message, so its status need not be unpacked. */
  private void end(int stream) throws IOException {
    Client client = asking.get(stream);
    if (!client.answered) {
      throw new IOException("a call ended without an answer");
    }
    asking.remove(stream);
    if (client.latencies.add(client.asked, System.nanoTime())) {
      ask(client);
    } else {
      client.done.complete(client.latencies.toArray());
    }
  }

  /** Hangs up too: nobody would read what comes for a client that starts now. */
  private synchronized void fail(Exception why) {
    try {
      channel.close();
    } catch (IOException e) {
      why.addSuppressed(e);
    }
    asking.values().forEach(client -> client.done.completeExceptionally(why));
    held.forEach(client -> client.done.completeExceptionally(why));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static final class Client {
    final Latencies latencies;
    final CompletableFuture<long[]> done = new CompletableFuture<>();
    long asked;
    boolean answered;

    Client(Latencies latencies) {
      this.latencies = latencies;
    }
  }
}
