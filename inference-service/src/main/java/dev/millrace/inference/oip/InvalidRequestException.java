package dev.millrace.inference.oip;

/** A request does not conform to the protocol or the model. The message is for the client. */
public final class InvalidRequestException extends RuntimeException {
  public InvalidRequestException(String message) {
    super(message);
  }

  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
