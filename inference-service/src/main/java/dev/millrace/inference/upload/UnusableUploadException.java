package dev.millrace.inference.upload;

/** A request contains no picture that can be classified. The message is for the client. */
public final class UnusableUploadException extends RuntimeException {
  /** The cause, which decides the status of the response. */
  public enum Kind {
    /** Nothing was sent. */
    EMPTY,
    /** The form is malformed or has no picture in the expected field. */
    FORM,
    /** The format is not supported. */
    UNSUPPORTED_TYPE,
    /** The bytes are damaged or do not match their content type. */
    UNREADABLE,
    /** The picture has too many pixels. */
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
