package dev.millrace.benchmarks.load;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The parts of a gRPC call on the wire: HTTP/2 frames (RFC 9113), header fields that are not added
 * to the dynamic table (RFC 7541), and gRPC's message prefix.
 */
final class Http2 {
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Size of a frame's header, in bytes. */
  static final int HEAD = 9;

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  private Http2() {}

  static void frame(ByteBuffer out, int type, int flags, int stream, byte[] payload) {
    out.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
  }

  /** Writes a frame that enlarges the connection's flow-control window. */
  static void windowUpdate(ByteBuffer out, int more) {
    frame(out, WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(Integer.BYTES).putInt(more).array());
  }

  /**
   * Returns the header fields of a call. Names come from HPACK's static table where it has them.
   */
  static byte[] callHead(String path, String authority) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    block.write(0x04);
    string(block, path);
    block.write(0x01);
    string(block, authority);
    block.write(0x0f); // content-type: static index 31 = 15 + 16
    block.write(0x10);
    string(block, "application/grpc");
    block.write(0x00);
    string(block, "te");
    string(block, "trailers");
    return block.toByteArray();
  }

  private static void string(ByteArrayOutputStream block, String ascii) {
    block.write(ascii.length()); // a length below 127 takes one byte
    block.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  /** Returns a message with gRPC's prefix, not compressed. */
  static byte[] grpcMessage(byte[] message) {
    return ByteBuffer.allocate(1 + Integer.BYTES + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }
}
