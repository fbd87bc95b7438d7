package dev.millrace.stack.home;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;

/** The loopback ports of one stack. */
public record Ports(int offset) {
  /** The IPv4 loopback address. {@code localhost} may resolve to IPv6, where no process listens. */
  public static final String HOST = "127.0.0.1";

  private static final int LARGEST_OFFSET = 65_535 - 9100;
  private static final int PATIENCE_MILLIS = 200;

  /**
   * Checks the offset.
   *
   * @throws CommandFailedException if a port would be out of range
   */
  public Ports {
    if (offset < 0 || offset > LARGEST_OFFSET) {
      throw new CommandFailedException(
          "--port-offset=%d: allowed: 0 to %d".formatted(offset, LARGEST_OFFSET));
    }
  }

  /**
   * Returns the ports of the stack that runs in a home, or that ran there last.
   *
   * @throws CommandFailedException if the file with the offset is damaged
   */
  public static Ports of(Home home) {
    try {
      return new Ports(Integer.parseInt(Files.readString(home.portOffset()).strip()));
    } catch (IOException | NumberFormatException e) {
      throw new CommandFailedException(
          "cannot read %s (%s); stop the stack and run millrace up again, which writes it"
              .formatted(home.portOffset(), Reason.of(e)));
    }
  }

  public int inference() {
    return 8080 + offset;
  }

  public int ingest() {
    return 8081 + offset;
  }

  public int trainer() {
    return 8082 + offset;
  }

  public int inferenceGrpc() {
    return 9000 + offset;
  }

  public int kafka() {
    return 9092 + offset;
  }

  public int kafkaController() {
    return 9093 + offset;
  }

  public int s3() {
    return 9100 + offset;
  }

  private Map<String, Integer> all() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("inference", inference());
    ports.put("ingest", ingest());
    ports.put("trainer", trainer());
    ports.put("inference gRPC", inferenceGrpc());
    ports.put("Kafka", kafka());
    ports.put("Kafka's controller", kafkaController());
    ports.put("S3", s3());
    return ports;
  }

  /**
   * Checks that all ports are free.
   *
   * @throws CommandFailedException if a port is taken
   */
  public void requireFree() {
    all()
        .forEach(
            (what, port) -> {
              try (ServerSocket probe = new ServerSocket()) {
                probe.setReuseAddress(true);
                probe.bind(new InetSocketAddress(HOST, port));
              } catch (IOException e) {
                throw new CommandFailedException(
                    "port %d, for %s, is in use; stop the process that listens there, or shift all ports with --port-offset N"
                        .formatted(port, what));
              }
            });
  }

  /** Returns whether a process listens on a port. */
  public static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(HOST, port), PATIENCE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
