package dev.millrace.inference.upload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Formats that clients send by mistake, recognized by their first bytes, so that an error can name
 * them. The first format that matches is used.
 */
enum ForeignFormat {
  GIF("a GIF", "GIF8"),
  WEBP("a WebP picture", "RIFF....WEBP"),
  AVIF("an AVIF picture", "....ftyp(avif|avis)"),
  HEIC("a HEIC picture", "....ftyp(hei|hev|mif1|msf1)"),
  MP4("an MP4 film", "....ftyp"),
  TIFF("a TIFF picture", "(II\\*\\x00|MM\\x00\\*)"),
  BMP("a BMP picture", "BM....\\x00{4}"),
  ICON("an icon (ICO)", "\\x00\\x00\\x01\\x00"),
  JPEG_XL("a JPEG XL picture", "(\\xff\\x0a|\\x00\\x00\\x00\\x0cJXL )"),
  JPEG_2000("a JPEG 2000 picture", "\\x00\\x00\\x00\\x0cjP  "),
  PDF("a PDF", "%PDF"),
  NUMPY("a NumPy file", "\\x93NUMPY", "send the array's bytes: array.astype('uint8').tobytes()"),
  GZIP("a gzip file", "\\x1f\\x8b", "unpack it, or send the header Content-Encoding: gzip"),
  ZIP("a ZIP file", "PK\\x03\\x04", "unpack it"),
  PNG_WITHOUT_LINE_ENDS(
      "a PNG whose line ends are lost",
      "\\x89PNG",
      "send the bytes unchanged; curl does so with --data-binary @FILE, not with -d @FILE"),
  DECODED_AS_TEXT(
      "a picture whose bytes were read as text",
      "(\\xef\\xbf\\xbdPNG|(\\xef\\xbf\\xbd){3}|\\xc2\\x89PNG|\\xc3\\xbf\\xc3\\x98\\xc3\\xbf)",
      "read the file in binary mode"),
  SVG("an SVG drawing", "\\s*(<\\?xml.*)?(<!--.*)?(<!DOCTYPE svg.*)?<svg"),
  HTML("an HTML page", "\\s*(?i)<(!doctype html|html)"),
  DATA_URL("a data URL", "\"?data:", Remedies.BASE64),
  BASE64("Base64 text", "\"?(iVBORw0KGgo|/9j/|R0lGOD|UklGR)", Remedies.BASE64),
  JSON("JSON", "(\\xef\\xbb\\xbf)?\\s*[{\\[\"]", Remedies.JSON),
  FIELDS(
      "a form's text fields",
      "[\\w.\\[\\]-]{1,40}=[ -~]*$",
      "send the file itself: curl -F image=@FILE, or curl --data-binary @FILE");

  /** A constant of the enum cannot be named by the constants before it. */
  private static final class Remedies {
    private static final String CONVERT = "convert it to a PNG or a JPEG";
    private static final String BASE64 = "send the decoded bytes";
    private static final String JSON =
        "send the picture's bytes as the body; tensors as JSON belong to /v2/models/MODEL/infer";
  }

  /** Enough for a comment before an SVG's first element. */
  private static final int LOOKED_AT = 512;

  private final String title;
  private final Pattern start;
  private final String remedy;

  ForeignFormat(String title, String start) {
    this(title, start, Remedies.CONVERT);
  }

  ForeignFormat(String title, String start, String remedy) {
    this.title = title;
    this.start = Pattern.compile(start, Pattern.DOTALL);
    this.remedy = remedy;
  }

  static Optional<ForeignFormat> of(byte[] content) {
    String text = new String(content, 0, Math.min(content.length, LOOKED_AT), ISO_8859_1);
    return Arrays.stream(values())
        .filter(format -> format.start.matcher(text).lookingAt())
        .findFirst();
  }

  /** Returns a message with a remedy. */
  String message() {
    return "the bytes are %s, neither a PNG nor a JPEG; %s".formatted(title, remedy);
  }
}
