package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs h2load, the load generator of nghttp2. Its clients repeat one request: each sends the next
 * one as soon as it has the response. It takes little CPU time, which matters because the clients
 * share the cores with the server under test. A failed request fails the measurement.
 */
public final class H2Load implements AutoCloseable {
  /**
   * Enough clients to fill the largest batch on every core, but no more than the service queues.
   */
  public static final int CLIENTS = Math.min(256, 64 * Runtime.getRuntime().availableProcessors());

  private static final String PROGRAM = "h2load";

  /** The time to connect, which h2load counts as part of the duration. */
  private static final double CONNECT_SECONDS = 0.2;

  private static final Pattern SUCCEEDED = Pattern.compile(", (\\d+) succeeded,");
  private static final Pattern BODY_BYTES = Pattern.compile("\\((\\d+)\\) data");

  private final boolean grpc;
  private final List<String> request;
  private final Path body;
  private long grpcBodyBytes;

  private H2Load(boolean grpc, String contentType, int port, String path, byte[] content)
      throws IOException {
    this.grpc = grpc;
    body = Files.write(Files.createTempFile("millrace-request", null), content);
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--data", body.toString(), "--header", "content-type: " + contentType));
    options.addAll(grpc ? List.of("--header", "te: trailers") : List.of("--h1"));
    options.add("http://127.0.0.1:%d%s".formatted(port, path));
    request = List.copyOf(options);
  }

  /** Creates clients that send a POST over HTTP/1.1, each over its own connection. */
  public static H2Load http(int port, String path, String contentType, byte[] body)
      throws IOException {
    return new H2Load(false, contentType, port, path, body);
  }

  /**
   * Creates clients that make a unary gRPC call over one shared connection, as is usual with gRPC.
   *
   * @param path the service and method, as HTTP/2's {@code :path}
   * @param message the serialised protobuf message
   */
  public static H2Load grpc(int port, String path, byte[] message) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(1 + Integer.BYTES + message.length);
    body.put((byte) 0).putInt(message.length).put(message); // 0: not compressed
    return new H2Load(true, "application/grpc", port, path, body.array());
  }

  /** Returns why h2load cannot be run, with the remedy, or null if it can. */
  public static String missing() throws InterruptedException {
    try {
      output(List.of(PROGRAM, "--version"));
      return null;
    } catch (IOException e) {
      return "h2load is not installed; on Debian: apt-get install nghttp2-client";
    }
  }

  /**
   * Runs clients for a time and measures their throughput and latencies.
   *
   * @param warmUpSeconds the time before the measurement begins
   * @throws IOException if a request failed
   */
  public LoadResult run(int clients, double warmUpSeconds, double seconds)
      throws IOException, InterruptedException {
    if (grpc && grpcBodyBytes == 0) {
      grpcBodyBytes = once();
    }
    Path log = Files.createTempFile("millrace-h2load", null);
    try {
      long millis = (long) (1000 * (CONNECT_SECONDS + warmUpSeconds + seconds));
      List<String> options = new ArrayList<>();
      options.addAll(List.of("--duration", millis + "ms", "--log-file", log.toString()));
      options.addAll(List.of("--clients", Integer.toString(grpc ? 1 : clients)));
      options.addAll(List.of("--max-concurrent-streams", Integer.toString(grpc ? clients : 1)));
      String summary = send(options);
      List<Response> responses = Response.read(log);
      checkSuccess(responses, summary);
      LoadResult result = LoadResult.of(responses, clients, warmUpSeconds, seconds);
      // The server may still work on requests that h2load has abandoned. A server that has ended is
      // not reported by h2load.
      once();
      return result;
    } finally {
      Files.delete(log);
    }
  }

  /**
   * Fails if a request failed. A failed gRPC call has status 200 and no body, and h2load does not
   * read the trailers, so the calls are compared with the bytes of all bodies.
   */
  private void checkSuccess(List<Response> responses, String summary) throws IOException {
    long failed = responses.stream().filter(Response::failed).count();
    if (grpc && failed == 0) {
      failed = responses.size() - find(BODY_BYTES, summary) / grpcBodyBytes;
    }
    if (failed > 0) {
      throw new IOException(
          "%d of %d requests failed: %s".formatted(failed, responses.size(), summary));
    }
  }

  /**
   * Sends one request.
   *
   * @return the bytes of the response's body
   * @throws IOException if it failed
   */
  public long once() throws IOException, InterruptedException {
    String summary = send(List.of("--requests", "1"));
    long bytes = find(BODY_BYTES, summary);
    if (find(SUCCEEDED, summary) != 1 || bytes == 0) {
      throw new IOException("the request failed: " + summary);
    }
    return bytes;
  }

  private String send(List<String> options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(options);
    command.addAll(request);
    return output(command);
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("%s ended with %d: %s".formatted(command, process.exitValue(), out));
    }
    return out.substring(out.indexOf("\n\n") + 1).strip(); // without the progress
  }

  private static long find(Pattern number, String summary) throws IOException {
    Matcher found = number.matcher(summary);
    if (!found.find()) {
      throw new IOException("h2load's summary has no %s: %s".formatted(number, summary));
    }
    return Long.parseLong(found.group(1));
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(body);
  }
}
