package dev.millrace.stack.progress;

import dev.millrace.protocol.run.TrainingEvent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** The launcher's output: a live line on a terminal, plain lines elsewhere. Thread-safe. */
public final class Console {
  private static final Duration PLAIN_PAUSE = Duration.ofSeconds(10);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private boolean lineIsLive;
  private long lastPlain = System.nanoTime() - PLAIN_PAUSE.toNanos();

  public Console(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  public synchronized void print(String message) {
    if (lineIsLive) {
      out.print(CLEAR_LINE);
      lineIsLive = false;
    }
    out.println(message);
    out.flush();
  }

  public void printProgress(TrainingEvent event) {
    if (event.type() == TrainingEvent.Type.PROGRESS) {
      showStatus(line(event));
    } else {
      print(line(event));
    }
  }

  /**
   * Shows the current state: as the live line of a terminal, elsewhere as an occasional plain line.
   */
  public synchronized void showStatus(String line) {
    if (terminal) {
      out.print(CLEAR_LINE + line);
      out.flush();
      lineIsLive = true;
    } else if (System.nanoTime() - lastPlain >= PLAIN_PAUSE.toNanos()) {
      lastPlain = System.nanoTime();
      print(line);
    }
  }

  /** Prints a line once if this is no terminal. A terminal shows it by {@link #showIfTerminal}. */
  void printIfPlain(String line) {
    if (!terminal) {
      print(line);
    }
  }

  /** Shows a line as the live line of a terminal. Does nothing elsewhere. */
  void showIfTerminal(String line) {
    if (terminal) {
      showStatus(line);
    }
  }

  public static String line(TrainingEvent event) {
    return switch (event.type()) {
      case FINISHED ->
          format("training complete: test accuracy %.2f %%", 100 * event.testAccuracy());
      case FAILED -> "training failed: " + event.message();
      case EPOCH ->
          format(
              "epoch %d/%d done: loss %.4f, accuracy %.2f %%, validation accuracy %.2f %%, %.0f"
                  + " images/s",
              event.epoch(),
              event.epochs(),
              event.loss(),
              100 * event.accuracy(),
              100 * event.validationAccuracy(),
              event.imagesPerSecond());
      case PROGRESS ->
          format(
              "epoch %d/%d  step %d/%d  %.0f images/s  loss %.4f  accuracy %.2f %%  ETA %s",
              event.epoch(),
              event.epochs(),
              event.batch(),
              event.batches(),
              event.imagesPerSecond(),
              event.loss(),
              100 * event.accuracy(),
              eta(event.etaSeconds()));
      case WAITING, UNKNOWN ->
          throw new IllegalArgumentException(event.type() + " is no progress of a run");
    };
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String eta(Double seconds) {
    if (seconds == null) {
      return "?";
    }
    long s = Math.round(seconds);
    return s >= 3600
        ? format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
        : format("%d:%02d", s / 60, s % 60);
  }
}
