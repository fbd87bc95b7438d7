package dev.millrace.stack;

/** Counts how often in a row a process ended the same way, without having been healthy between. */
final class Endings {
  /** After so many equal ends starting again would not help. */
  static final int LIMIT = 3;

  private record Ending(int code, String lastLine) {}

  private Ending last;
  private int equal;

  /**
   * Counts an end.
   *
   * @param lastLine the last line for people in the process's log, or nothing
   * @return whether it was one too many
   */
  boolean addAndIsHopeless(int code, String lastLine) {
    Ending ending = new Ending(code, lastLine);
    equal = ending.equals(last) ? equal + 1 : 1;
    last = ending;
    return equal >= LIMIT;
  }

  void reset() {
    last = null;
    equal = 0;
  }
}
