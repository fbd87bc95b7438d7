package dev.millrace.images;

/** Bytes are no image that can be used; the message is for whoever sent or stored them. */
public final class UnusableImageException extends RuntimeException {
  /** What is wrong, as far as an answer's status depends on it. */
  public enum Kind {
    /** Nothing was sent. */
    EMPTY,
    /** A content type that is not taken. */
    UNSUPPORTED_TYPE,
    /** More pixels than are decoded. */
    TOO_LARGE,
    /** The bytes are not what their content type says. */
    UNREADABLE
  }

  private final Kind kind;

  UnusableImageException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  UnusableImageException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
