package dev.millrace.inference.upload;

/** A request holds no picture that can be classified; the message is for its sender. */
public final class UnusableUploadException extends RuntimeException {
  /** What is wrong, as far as an answer's status depends on it. */
  public enum Kind {
    /** Nothing was sent. */
    EMPTY,
    /** The form is broken, or has no picture where one is looked for. */
    FORM,
    /** The bytes are of a format that is not decoded. */
    UNSUPPORTED_TYPE,
    /** The bytes are damaged, or not what their content type says. */
    UNREADABLE,
    /** More pixels than are decoded. */
    TOO_LARGE
  }

  private final Kind kind;

  UnusableUploadException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  UnusableUploadException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
