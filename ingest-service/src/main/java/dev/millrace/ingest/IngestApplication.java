package dev.millrace.ingest;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.ConfigValidationException;

/** Starts Quarkus; a setting that it refuses ends the process with one clear line. */
@QuarkusMain
public class IngestApplication {
  /** EX_CONFIG of sysexits.h: starting again would not help. */
  static final int EXIT_NEEDS_PERSON = 78;

  public static void main(String... args) {
    Quarkus.run(null, IngestApplication::exit, args);
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
