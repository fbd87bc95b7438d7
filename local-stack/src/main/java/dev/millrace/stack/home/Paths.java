package dev.millrace.stack.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Parsing and normalisation of paths that users enter. */
public final class Paths {
  private static final char UNREADABLE = '\uFFFD';

  private Paths() {}

  /**
   * Parses a path.
   *
   * @param option the option to name in the error message
   * @throws CommandFailedException if the path contains a control character or cannot be encoded
   */
  public static Path of(String option, String text) {
    if (text.isEmpty()) {
      throw new CommandFailedException(option + " is empty; give a folder");
    }
    if (text.indexOf(UNREADABLE) >= 0) {
      throw new CommandFailedException(
          "%s %s has characters that are not valid %s; rename the folder, or run millrace in a UTF-8 locale such as LC_ALL=C.UTF-8"
              .formatted(option, text, encoding()));
    }
    text.chars()
        .filter(Character::isISOControl)
        .findFirst()
        .ifPresent(
            character -> {
              throw new CommandFailedException(
                  "%s %s has a control character (code %d) in its name; rename the folder"
                      .formatted(option, text.replaceAll("\\p{Cntrl}", "?"), character));
            });
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new CommandFailedException(
          "%s %s cannot be named in this locale, whose encoding is %s; run millrace in a UTF-8 locale such as LC_ALL=C.UTF-8"
              .formatted(option, text, encoding()));
    }
  }

  private static String encoding() {
    return System.getProperty("sun.jnu.encoding");
  }

  /**
   * Returns the canonical path of a folder: absolute, without links, dots or trailing slashes. The
   * folder, or the last parts of its path, may be missing.
   */
  public static Path real(Path path) {
    Path absolute = path.toAbsolutePath();
    Path missing = Path.of("");
    for (Path there = absolute; there != null; there = there.getParent()) {
      if (Files.exists(there)) {
        try {
          return there.toRealPath().resolve(missing).normalize();
        } catch (IOException e) {
          throw new CommandFailedException("cannot read %s (%s)".formatted(there, Reason.of(e)));
        }
      }
      if (there.getFileName() != null) {
        missing = there.getFileName().resolve(missing);
      }
    }
    return absolute.normalize();
  }
}
