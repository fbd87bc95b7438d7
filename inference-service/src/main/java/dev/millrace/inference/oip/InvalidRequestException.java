package dev.millrace.inference.oip;

/** A request is not what the protocol or the model asks for; the message is for whoever sent it. */
public final class InvalidRequestException extends RuntimeException {
  public InvalidRequestException(String message) {
    super(message);
  }

  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
