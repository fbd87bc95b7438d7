package dev.millrace.trainer;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Starts the trainer with settings that are right. */
@QuarkusMain
public final class TrainerApplication {
  private TrainerApplication() {}

  public static void main(String... args) {
    ServiceStart.run(TrainerConfig.class, TrainerConfig::settings, args);
  }
}
