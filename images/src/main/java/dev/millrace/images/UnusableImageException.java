package dev.millrace.images;

/**
 * Thrown if bytes are not a usable image. The message is addressed to the sender or the owner of
 * the image.
 */
public final class UnusableImageException extends RuntimeException {
  /** The kind of error, which determines the status of a response. */
  public enum Kind {
    /** The content is empty. */
    EMPTY,
    /** The content type is not supported. */
    UNSUPPORTED_TYPE,
    /** The image has more pixels than the decoder accepts. */
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
