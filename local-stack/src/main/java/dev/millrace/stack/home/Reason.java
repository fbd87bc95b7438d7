package dev.millrace.stack.home;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** One-line explanations of why a file could not be read or written. */
public final class Reason {
  private Reason() {}

  /** Returns the reason alone, for a message that already names the file. */
  public static String of(Exception failure) {
    Throwable cause = failure instanceof UncheckedIOException e ? e.getCause() : failure;
    // The message of these exceptions is the file.
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (cause instanceof NoSuchFileException) {
      return "no such file";
    }
    if (cause instanceof FileSystemException e) {
      return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.lines().map(String::strip).findFirst().orElse(cause.toString());
  }

  /** Returns the reason, preceded by the file if the exception names it. */
  public static String withFile(Exception failure) {
    Throwable cause = failure instanceof UncheckedIOException e ? e.getCause() : failure;
    return cause instanceof FileSystemException e && e.getFile() != null
        ? "%s (%s)".formatted(e.getFile(), of(failure))
        : of(failure);
  }
}
