package dev.millrace.images;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Which colours a JPEG's components are, by libjpeg's rules: JFIF means YCbCr; else Adobe's marker
 * says it; else components that are called R, G and B are these, and three others are YCbCr. The
 * JDK's reader has rules of its own, which give other colours for some files and refuse others.
 */
final class JpegColours {
  private static final HexFormat HEX = HexFormat.of();

  /** An application segment each, with its marker. */
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

  /** Takes notice of an application segment. */
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

  /** Takes notice of a segment that may be a frame's header. */
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

  /** Whether each scan holds its components whole, unlike a progressive JPEG's. */
  boolean isSequential() {
    return frame == 0xc0 || frame == 0xc1;
  }

  /** Colours a pixel; 4 for printing. */
  int components() {
    return components;
  }

  /** Whether the first three of four inks are stored as brightness and colour differences. */
  boolean isYcck() {
    return adobe && transform != 0;
  }

  /** Whether a colour profile is there that fits the components. */
  boolean hasProfile() {
    return profile.size() > 0 && (components == 1 || components == 3);
  }

  /** Whether the profile is one for such components at all. */
  boolean profileFits() {
    return (components == 3 ? "52474220" : "47524159").equals(profileSpace); // "RGB ", "GRAY"
  }

  /** Application segments that leave the JDK's reader no choice. */
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
