package dev.millrace.stack.process;

import java.time.Duration;

/** Counts how often in a row a process ended the same way after a short life. */
final class Endings {
  /** After so many equal ends starting again would not help. */
  static final int LIMIT = 3;

  /**
   * A process that has lived for so long has done some work since it was started. Less is no proof:
   * one that fails in a run's last step trains for minutes before.
   */
  static final Duration LONG_LIFE = Duration.ofMinutes(10);

  private record Ending(int code, String lastLine) {}

  private Ending last;
  private int equal;

  /**
   * Counts an end.
   *
   * @param lastLine the last line for people in the process's log, or nothing
   * @param life from the process's start to this end
   * @return whether it was one too many
   */
  boolean addAndIsHopeless(int code, String lastLine, Duration life) {
    Ending ending = new Ending(code, lastLine);
    boolean again = ending.equals(last) && life.compareTo(LONG_LIFE) < 0;
    equal = again ? equal + 1 : 1;
    last = ending;
    return equal >= LIMIT;
  }

  void reset() {
    last = null;
    equal = 0;
  }
}
