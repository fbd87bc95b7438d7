package dev.millrace.images;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * What libjpeg warns of in a picture's data. These are all of its warnings that {@link JpegFile}
 * leaves possible; those about metadata cannot occur any more.
 */
enum JpegWarning {
  /** More bytes in a scan than its pixels need: every pixel was decoded. */
  EXTRANEOUS("extraneous bytes before marker", false),
  /** A progressive JPEG repeats or omits a bit's refinement: every scan was decoded. */
  PROGRESSION("Inconsistent progression sequence", false),
  /** A scan ends too early: its remaining blocks are grey. */
  SCAN_ENDS("premature end of data segment", true),
  /** The file ends too early. */
  FILE_ENDS("Premature end of", true),
  /** A block's code is none: the block and what depends on it are wrong. */
  CODE("bad (Huffman|arithmetic) code", true),
  /** A restart marker is missing: its blocks are grey. */
  RESTART("found marker 0x\\w+ instead of RST", true);

  private final Pattern message;
  private final boolean loss;

  JpegWarning(String message, boolean loss) {
    this.message = Pattern.compile(message);
    this.loss = loss;
  }

  /** Whether pixels may be wrong; so it is for an unknown warning. */
  static boolean isLoss(String message) {
    return Arrays.stream(values())
        .filter(warning -> warning.message.matcher(message).find())
        .findFirst()
        .map(warning -> warning.loss)
        .orElse(true);
  }
}
