package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Requests and responses of an HTTP/1.1 POST. */
public final class HttpPost {
  private static final String SUCCESS = "http/1.1 200 ";
  private static final String LENGTH = "\r\ncontent-length:";
  private static final String END = "\r\n\r\n";

  private HttpPost() {}

  public static SocketClients clients(int port, String path, String contentType, byte[] body)
      throws IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, port, contentType, body.length);
    ByteBuffer request = ByteBuffer.allocate(head.length() + body.length);
    request.put(head.getBytes(StandardCharsets.US_ASCII)).put(body);
    return new SocketClients(port, request.array(), HttpPost::isWhole);
  }

  /**
   * Returns whether a response is complete. Uses no regular expressions, because the clients share
   * the cores with the server under test.
   */
  private static boolean isWhole(ByteBuffer received) throws IOException {
    byte[] bytes = new byte[received.position()];
    received.get(0, bytes);
    String text = new String(bytes, StandardCharsets.ISO_8859_1); // one character per byte
    int head = text.indexOf(END);
    if (head < 0) {
      return false;
    }
    String fields = text.substring(0, head + 2).toLowerCase(Locale.ROOT);
    int length = fields.indexOf(LENGTH) + LENGTH.length();
    if (length < LENGTH.length()) {
      throw new IOException("an answer without Content-Length: " + text);
    }
    String bodyLength = fields.substring(length, fields.indexOf('\r', length)).strip();
    if (text.length() < head + END.length() + Integer.parseInt(bodyLength)) {
      return false;
    }
    if (!fields.startsWith(SUCCESS)) {
      throw new IOException(text);
    }
    return true;
  }
}
