package dev.millrace.images;

import dev.millrace.images.UnusableImageException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JPEG reduced to the segments that contain its picture. A new header describes the colours as
 * libjpeg interprets them. The reduction removes everything outside of the picture's data that
 * libjpeg accepts with a warning: an unknown JFIF revision, bytes between segments, an unknown
 * Adobe transform. Any remaining warning of the JDK's reader is therefore about the data. This is
 * important because the reader reports only the first warning of an image: a harmless warning would
 * hide a serious one.
 *
 * <pre>
 * ff d8                       begin
 * ff MARKER length(2) data    a segment
 * ff da length(2) data        begins a scan; entropy-coded data up to the next marker follows
 * ff d9                       end
 * </pre>
 */
final class JpegFile implements PictureFile {
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  static final int HUFFMAN = 0xc4;
  private static final int BEGIN = 0xd8;

  private final byte[] file;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final JpegColours colours = new JpegColours();
  private int orientation = Exif.UPRIGHT;
  private int at = 2;
  private int scans;
  private boolean huffman;

  private JpegFile(byte[] file) {
    this.file = file;
  }

  /**
   * Reads the segments of a file.
   *
   * @param file begins with the JPEG signature
   * @throws UnusableImageException if the file is truncated, has no picture, or lacks a restart
   *     marker
   */
  static JpegFile read(byte[] file) {
    JpegFile jpeg = new JpegFile(file);
    for (int marker = jpeg.nextMarker(); marker != END; marker = jpeg.nextMarker()) {
      jpeg.readSegment(marker);
    }
    if (jpeg.scans == 0) {
      throw new UnusableImageException(Kind.UNREADABLE, "the JPEG is damaged: it has no picture");
    }
    return jpeg;
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.JPEG;
  }

  @Override
  public byte[] content() {
    return content(colours.header());
  }

  /** Returns the bytes to decode, including the colour profile. */
  byte[] contentWithProfile() {
    return content(colours.headerWithProfile());
  }

  private byte[] content(byte[] header) {
    byte[] whole = new byte[2 + header.length + kept.size() + 2];
    ByteBuffer.wrap(whole)
        .put(file, 0, 2)
        .put(header)
        .put(kept.toByteArray())
        .put((byte) 0xff)
        .put((byte) END);
    return whole;
  }

  @Override
  public int orientation() {
    return orientation;
  }

  JpegColours colours() {
    return colours;
  }

  /** Returns the next marker. Like libjpeg, it skips bytes that belong to no segment. */
  private int nextMarker() {
    while (at + 1 < file.length) {
      int marker = file[at + 1] & 255;
      if ((file[at++] & 255) == 255 && marker != 255 && marker != 0) {
        at++;
        return marker;
      }
    }
    throw JpegScan.truncated(file);
  }

  private void readSegment(int marker) {
    if (marker < 0xc0 || marker >= JpegScan.FIRST_RESTART && marker <= BEGIN) {
      return;
    }
    if (at + 2 > file.length) {
      throw JpegScan.truncated(file);
    }
    int length = Math.max(2, ByteBuffer.wrap(file).getShort(at) & 0xffff);
    if (at + length > file.length) {
      throw JpegScan.truncated(file);
    }
    ByteBuffer data = ByteBuffer.wrap(file, at + 2, length - 2).slice();
    if (marker == SCAN) {
      readScan(length);
    } else if (marker < 0xe0) {
      huffman |= marker == HUFFMAN;
      copySegment(marker, length);
      colours.frame(marker, data);
    } else if (scans == 0) {
      readMetadata(marker, data);
    }
    if (marker != SCAN) {
      at += length;
    }
  }

  private void readMetadata(int marker, ByteBuffer data) {
    if (marker == 0xe1 && startsWith(data, "Exif\0\0")) {
      int found = Exif.orientation(data.slice(6, data.limit() - 6));
      orientation = found == Exif.UPRIGHT ? orientation : found;
    }
    colours.application(marker, data);
  }

  static boolean startsWith(ByteBuffer data, String name) {
    byte[] prefix = name.getBytes(StandardCharsets.ISO_8859_1);
    return data.limit() >= prefix.length
        && data.slice(0, prefix.length).equals(ByteBuffer.wrap(prefix));
  }

  private void copySegment(int marker, int length) {
    kept.write(255);
    kept.write(marker);
    kept.write(file, at, length);
  }

  private void readScan(int length) {
    if (!huffman && colours.isSequential()) {
      kept.writeBytes(StandardHuffmanTables.segments());
      huffman = true;
    }
    byte[] header = Arrays.copyOfRange(file, at, at + length);
    if (colours.isSequential() && length >= 6) {
      // These values are fixed for a sequential scan, but some writers set them to zero.
      header[length - 3] = 0;
      header[length - 2] = 63;
      header[length - 1] = 0;
    }
    kept.write(255);
    kept.write(SCAN);
    kept.writeBytes(header);
    scans++;
    at += length;
    int end = JpegScan.end(file, at);
    kept.write(file, at, end - at);
    at = end;
  }
}
