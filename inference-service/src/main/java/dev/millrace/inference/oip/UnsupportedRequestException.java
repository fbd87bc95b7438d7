package dev.millrace.inference.oip;

/** A part of the protocol that this server does not have; the message says why. */
public final class UnsupportedRequestException extends RuntimeException {
  UnsupportedRequestException(String message) {
    super(message);
  }
}
