package dev.millrace.stack.process;

import java.time.Duration;

/** Counts how often in a row a process ended in the same way after a short life. */
final class ExitCounter {
  /** The number of equal ends after which the process is not restarted. */
  static final int LIMIT = 3;

  /**
   * A process that has lived this long has made progress. A shorter life does not prove it: a
   * process that fails in the last step of a run trains for minutes first.
   */
  static final Duration LONG_LIFE = Duration.ofMinutes(10);

  private record Exit(int code, String lastLine) {}

  private Exit last;
  private int equal;

  /**
   * Counts an end of the process.
   *
   * @param lastLine the last message line of the process's log, or an empty string
   * @param life the time from the start of the process to this end
   * @return whether the limit is reached
   */
  boolean addAndCheckLimit(int code, String lastLine, Duration life) {
    Exit exit = new Exit(code, lastLine);
    boolean again = exit.equals(last) && life.compareTo(LONG_LIFE) < 0;
    equal = again ? equal + 1 : 1;
    last = exit;
    return equal >= LIMIT;
  }

  void reset() {
    last = null;
    equal = 0;
  }
}
