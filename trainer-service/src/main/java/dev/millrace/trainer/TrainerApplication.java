package dev.millrace.trainer;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * The main class: checks the settings and starts the trainer. With the argument {@value #REPORT} it
 * does not train; it writes an interim report of the run and ends.
 */
@QuarkusMain
public final class TrainerApplication {
  static final String REPORT = "report";

  private TrainerApplication() {}

  public static void main(String... args) {
    if (args.length == 1 && args[0].equals(REPORT)) {
      // The report can be written while a trainer runs, so it does not use the trainer's port.
      System.setProperty("quarkus.http.host-enabled", "false");
    } else if (args.length > 0) {
      ServiceStart.printMessage(
          "argument '%s'; allowed: none, or %s".formatted(String.join(" ", args), REPORT));
      System.exit(ServiceStart.EX_CONFIG);
    }
    ServiceStart.run(TrainerConfig.class, args);
  }
}
