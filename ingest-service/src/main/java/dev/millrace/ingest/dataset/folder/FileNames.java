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
 * File names as text. A file's name is bytes; Java decodes them as the process' locale says, which
 * loses letters where that is {@code C}. Here names are UTF-8 in every locale.
 */
final class FileNames {
  private static final int HEX = 16;

  private FileNames() {}

  /** Returns a file's own name; empty if it is neither UTF-8 nor text in the process' locale. */
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

  /** A path for messages and logs: what is no text in it is shown as well as it can be. */
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

  /** A name's bytes as they stand on disk; Java tells them only in a URI. */
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
