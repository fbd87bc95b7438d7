package dev.millrace.images;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The colour space of a JPEG, determined by libjpeg's rules: a file with a JFIF marker is YCbCr.
 * Otherwise, an Adobe marker decides. Otherwise, three components with the ids R, G and B are RGB,
 * and any other three components are YCbCr. The JDK's reader uses different rules, which give other
 * colours for some files and reject others.
 */
final class JpegColours {
  private static final HexFormat HEX = HexFormat.of();

  /** A complete application segment, including its marker. */
  private static final byte[] JFIF = HEX.parseHex("ffe000104a46494600010100000100010000");

  private static final byte[] ADOBE_UNTRANSFORMED =
      HEX.parseHex("ffee000e41646f626500640000000000");

  private static final String PROFILE = "ICC_PROFILE\0";
  private static final int PROFILE_SPACE = PROFILE.length() + 2 + 16;

  private final ByteArrayOutputStream profile = new ByteArrayOutputStream();
  private boolean jfif;
  private boolean adobe;
  private int transform;
  private int frame;
  private int components;
  private int ids;
  private String profileSpace;

  /** Reads an application segment. */
  void application(int marker, ByteBuffer data) {
    if (marker == 0xe0 && JpegFile.startsWith(data, "JFIF\0") && data.limit() >= 14) {
      jfif = true;
    } else if (marker == 0xee && JpegFile.startsWith(data, "Adobe") && data.limit() >= 12) {
      adobe = true;
      transform = data.get(11) & 255;
    } else if (marker == 0xe2 && JpegFile.startsWith(data, PROFILE)) {
      if (profileSpace == null && data.limit() >= PROFILE_SPACE + 4) {
        profileSpace = Integer.toHexString(data.getInt(PROFILE_SPACE));
      }
      profile.write(0xff);
      profile.write(marker);
      profile.write((data.limit() + 2) >> 8);
      profile.write(data.limit() + 2);
      byte[] bytes = new byte[data.limit()];
      data.get(0, bytes);
      profile.writeBytes(bytes);
    }
  }

  /** Reads a segment if it is the header of a frame. */
  void frame(int marker, ByteBuffer data) {
    boolean isFrame = marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (!isFrame || data.limit() < 6) {
      return;
    }
    frame = marker;
    components = data.get(5) & 255;
    ids = 0;
    for (int i = 6; i < data.limit() && i < 6 + 3 * 3; i += 3) {
      ids = ids << 8 | data.get(i) & 255;
    }
  }

  /**
   * Returns whether the JPEG is sequential: each scan contains its components completely, unlike in
   * a progressive JPEG.
   */
  boolean isSequential() {
    return frame == 0xc0 || frame == 0xc1;
  }

  /** Returns the number of components per pixel; 4 for a printing JPEG. */
  int components() {
    return components;
  }

  /** Returns whether the first three of four inks are stored as luminance and chrominance. */
  boolean isYcck() {
    return adobe && transform != 0;
  }

  /** Returns whether the JPEG has a colour profile and a number of components that allows one. */
  boolean hasProfile() {
    return profile.size() > 0 && (components == 1 || components == 3);
  }

  /** Returns whether the colour space of the profile matches the components. */
  boolean profileFits() {
    return (components == 3 ? "52474220" : "47524159").equals(profileSpace); // "RGB ", "GRAY"
  }

  /** Returns application segments that determine the colour space for the JDK's reader. */
  byte[] header() {
    return switch (components) {
      case 3 -> isRgb() ? ADOBE_UNTRANSFORMED : JFIF;
      case 4 -> ADOBE_UNTRANSFORMED;
      default -> new byte[0];
    };
  }

  byte[] headerWithProfile() {
    byte[] header = header();
    return ByteBuffer.allocate(header.length + profile.size())
        .put(header)
        .put(profile.toByteArray())
        .array();
  }

  private boolean isRgb() {
    if (jfif) {
      return false;
    }
    return adobe ? transform == 0 : ids == ('R' << 16 | 'G' << 8 | 'B');
  }
}
