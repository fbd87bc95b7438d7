package dev.millrace.inference.oip;

/**
 * A request uses a part of the protocol that this server does not support. The message says why.
 */
public final class UnsupportedRequestException extends RuntimeException {
  UnsupportedRequestException(String message) {
    super(message);
  }
}
