package dev.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clients that POST over HTTP/1.1, and what is answered to them. */
final class HttpPost {
  private static final int SUCCESS = 200;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}).*");
  private static final Pattern LENGTH =
      Pattern.compile("^content-length: *(\\d+) *$", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

  private HttpPost() {}

  static SocketClients clients(int port, String path, String contentType, byte[] body)
      throws IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, port, contentType, body.length);
    ByteBuffer request = ByteBuffer.allocate(head.length() + body.length);
    request.put(head.getBytes(StandardCharsets.US_ASCII)).put(body);
    return new SocketClients(port, request.array(), HttpPost::isWhole);
  }

  private static boolean isWhole(ByteBuffer received) throws IOException {
    int head = headLength(received);
    if (head < 0) {
      return false;
    }
    String fields = text(received, 0, head);
    Matcher status = STATUS.matcher(fields);
    Matcher length = LENGTH.matcher(fields);
    if (!status.lookingAt() || !length.find()) {
      throw new IOException("no HTTP/1.1 with a Content-Length: " + fields);
    }
    int end = head + Integer.parseInt(length.group(1));
    if (received.position() < end) {
      return false;
    }
    if (Integer.parseInt(status.group(1)) != SUCCESS) {
      throw new IOException(status.group() + ": " + text(received, head, end));
    }
    return true;
  }

  /** With the empty line; -1 if that is not there. */
  private static int headLength(ByteBuffer received) {
    for (int i = 3; i < received.position(); i++) {
      if (received.get(i) == '\n' && received.get(i - 2) == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static String text(ByteBuffer received, int begin, int end) {
    byte[] bytes = new byte[end - begin];
    received.get(begin, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
