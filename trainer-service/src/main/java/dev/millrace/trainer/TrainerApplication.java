package dev.millrace.trainer;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * Starts the trainer with settings that are right. With the argument {@value #REPORT} it trains
 * nothing: it writes an interim report of the run and ends.
 */
@QuarkusMain
public final class TrainerApplication {
  static final String REPORT = "report";

  private TrainerApplication() {}

  public static void main(String... args) {
    if (args.length == 1 && args[0].equals(REPORT)) {
      // Beside the trainer, so without its port.
      System.setProperty("quarkus.http.host-enabled", "false");
    } else if (args.length > 0) {
      ServiceStart.say(
          "argument '%s'; allowed: none, or %s".formatted(String.join(" ", args), REPORT));
      System.exit(ServiceStart.EX_CONFIG);
    }
    ServiceStart.run(TrainerConfig.class, args);
  }
}
