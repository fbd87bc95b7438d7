package dev.millrace.ingest.dataset.folder;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Converts file names to text. A file's name is a sequence of bytes. Java decodes it by the
 * process' locale, which loses letters in the locale {@code C}; this class decodes it as UTF-8 in
 * every locale.
 */
final class FileNames {
  private static final int HEX = 16;

  private FileNames() {}

  /** Returns the name of a file; empty if it is valid neither in UTF-8 nor in the locale. */
  static Optional<String> text(Path path) {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(path.getFileName()));
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException notUtf8) {
      return inLocale(path.getFileName());
    }
  }

  private static Optional<String> inLocale(Path name) {
    try {
      String text = name.toString();
      return Path.of(text).equals(name) ? Optional.of(text) : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Returns a path for messages and logs, with replacements for bytes that are not UTF-8. */
  static String readable(Path path) {
    StringBuilder all = new StringBuilder(path.isAbsolute() ? "/" : "");
    for (Path name : path) {
      String separator = all.isEmpty() || all.charAt(all.length() - 1) == '/' ? "" : "/";
      all.append(separator).append(new String(bytes(name), StandardCharsets.UTF_8));
    }
    StringBuilder readable = new StringBuilder();
    all.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                readable.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                readable.appendCodePoint(c);
              }
            });
    return readable.toString();
  }

  /** Returns the bytes of a name as on disk. Java exposes them only in a URI. */
  static byte[] bytes(Path name) {
    String text = name.toString();
    if (text.chars().allMatch(c -> c < 128)) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
    URI uri = Path.of("/").resolve(name).toUri();
    String path = uri.getRawPath().substring(1);
    byte[] bytes = new byte[path.length()];
    int count = 0;
    for (int i = 0; i < path.length(); i++) {
      if (path.charAt(i) == '%') {
        bytes[count++] = (byte) Integer.parseInt(path, i + 1, i + 3, HEX);
        i += 2;
      } else {
        bytes[count++] = (byte) path.charAt(i);
      }
    }
    boolean slash = count > 0 && bytes[count - 1] == '/';
    return Arrays.copyOf(bytes, slash ? count - 1 : count);
  }
}
