package dev.millrace.trainer;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.ConfigValidationException;

/**
 * Starts Quarkus; a setting that it refuses ends the process with one clear line. With the argument
 * {@value #REPORT} it trains nothing: it writes an interim report of the run and ends.
 */
@QuarkusMain
public class TrainerApplication {
  /** EX_CONFIG of sysexits.h: starting again would not help. */
  static final int EXIT_NEEDS_PERSON = 78;

  static final String REPORT = "report";

  public static void main(String... args) {
    if (args.length == 1 && args[0].equals(REPORT)) {
      // Beside the trainer, so without its port and its place in the consumer group.
      System.setProperty("quarkus.http.host-enabled", "false");
      System.setProperty("mp.messaging.incoming.minibatches-train.group.id", "millrace.report");
      System.setProperty("mp.messaging.incoming.minibatches-train.group.instance.id", REPORT);
    } else if (args.length > 0) {
      say("argument '%s'; allowed: none, or %s".formatted(String.join(" ", args), REPORT));
      System.exit(EXIT_NEEDS_PERSON);
    }
    Quarkus.run(null, TrainerApplication::exit, args);
  }

  private static void exit(int code, Throwable failure) {
    if (failure == null) {
      System.exit(code);
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigValidationException refused) {
        for (int i = 0; i < refused.getProblemCount(); i++) {
          say(refused.getProblem(i).getMessage());
        }
        System.exit(EXIT_NEEDS_PERSON);
      }
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    say("cannot start: " + root);
    System.exit(1);
  }

  /** The line that the supervisor shows. */
  static void say(String message) {
    System.err.println("millrace: " + message.replace('\n', ' '));
  }
}
