package dev.millrace.stack;

/** The stack cannot start or go on; the message says why and what to do. */
class StackException extends RuntimeException {
  StackException(String message) {
    super(message);
  }
}
