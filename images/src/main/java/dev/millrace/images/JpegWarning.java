package dev.millrace.images;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A warning of libjpeg about the data of a picture. These are all warnings that can still occur
 * after {@link JpegFile} has reduced the file. Warnings about metadata can no longer occur.
 */
enum JpegWarning {
  /** A scan has more bytes than its pixels need. Every pixel was decoded. */
  EXTRANEOUS("extraneous bytes before marker", false),
  /** A progressive JPEG repeats or omits the refinement of a bit. Every scan was decoded. */
  PROGRESSION("Inconsistent progression sequence", false),
  /** A scan ends too early. Its remaining blocks are grey. */
  SCAN_ENDS("premature end of data segment", true),
  /** The file ends too early. */
  FILE_ENDS("Premature end of", true),
  /** A block contains an invalid code. The block and all data that depends on it are wrong. */
  CODE("bad (Huffman|arithmetic) code", true),
  /** A restart marker is missing. Its blocks are grey. */
  RESTART("found marker 0x\\w+ instead of RST", true);

  private final Pattern message;
  private final boolean loss;

  JpegWarning(String message, boolean loss) {
    this.message = Pattern.compile(message);
    this.loss = loss;
  }

  /** Returns whether pixels may be wrong. Returns true for an unknown warning. */
  static boolean isLoss(String message) {
    return Arrays.stream(values())
        .filter(warning -> warning.message.matcher(message).find())
        .findFirst()
        .map(warning -> warning.loss)
        .orElse(true);
  }
}
