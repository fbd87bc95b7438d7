package dev.millrace.images;

import java.io.ByteArrayOutputStream;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/**
 * The standard Huffman tables, which Motion JPEG omits from its pictures because every decoder
 * contains them.
 */
final class StandardHuffmanTables {
  private static final int LENGTHS = 16;

  private StandardHuffmanTables() {}

  /** Returns the segments that define the tables. */
  static byte[] segments() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(0x00, JPEGHuffmanTable.StdDCLuminance, out);
    write(0x10, JPEGHuffmanTable.StdACLuminance, out);
    write(0x01, JPEGHuffmanTable.StdDCChrominance, out);
    write(0x11, JPEGHuffmanTable.StdACChrominance, out);
    return out.toByteArray();
  }

  private static void write(int id, JPEGHuffmanTable table, ByteArrayOutputStream out) {
    short[] lengths = table.getLengths();
    short[] values = table.getValues();
    out.write(255);
    out.write(JpegFile.HUFFMAN);
    out.write(0);
    out.write(2 + 1 + LENGTHS + values.length);
    out.write(id);
    for (int i = 0; i < LENGTHS; i++) {
      out.write(i < lengths.length ? lengths[i] : 0);
    }
    for (short value : values) {
      out.write(value);
    }
  }
}
