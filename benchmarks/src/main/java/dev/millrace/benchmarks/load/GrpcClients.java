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
 * Clients that repeat one unary gRPC call over one shared connection, as is usual with gRPC. One
 * thread serves all clients and implements only the parts of HTTP/2 (RFC 9113) that such a call
 * needs. The clients share the cores with the server under test, and gRPC's own client takes more
 * CPU time than the server's handling of the calls. Thread-safe.
 */
public final class GrpcClients implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  /** The initial flow-control window of a connection, in bytes. */
  private static final int FIRST_WINDOW = 65_535;

  private static final int MOST_STREAMS = Integer.MAX_VALUE;

  private final SocketChannel channel;
  private final byte[] head;
  private final byte[] message;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
  private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
  private final Map<Integer, Client> asking = new HashMap<>();

  /** Clients whose request does not fit into the server's window yet. */
  private final Queue<Client> held = new ArrayDeque<>();

  private int nextStream = 1;
  private long window = FIRST_WINDOW;

  /**
   * Connects to a server.
   *
   * @param port the port on this machine
   * @param path the service and method, as HTTP/2's {@code :path}
   * @param message the serialised protobuf message, at most 16 KB
   */
  public GrpcClients(int port, String path, byte[] message) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    head = Http2.callHead(path, "127.0.0.1:" + port);
    this.message = Http2.grpcMessage(message);
    out.put(Http2.PREFACE);
    Http2.frame(out, Http2.SETTINGS, 0, 0, new byte[0]);
    Http2.windowUpdate(out, MOST_STREAMS - FIRST_WINDOW); // do not limit responses
    flush();
    new Thread(this::serve, "clients").start();
  }

  /**
   * Starts a client.
   *
   * @return the latencies in nanoseconds, available when their time window ends; or the failure
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
      fail(e); // otherwise a waiting caller would block forever
    }
  }

  /** Handles all complete frames, and sends the requests that follow from them in one write. */
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
        // Other frames do not matter to a call.
      }
    }
    in.position(end);
  }

  /** Ends a call. A failed call has no message, so its status need not be decoded. */
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

  /** Fails all clients. Closes the connection, because no thread reads responses any more. */
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
