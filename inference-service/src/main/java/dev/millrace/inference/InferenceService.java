package dev.millrace.inference;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Starts the service with settings that are right. */
@QuarkusMain
public final class InferenceService {
  private InferenceService() {}

  public static void main(String... args) {
    ServiceStart.run(InferenceConfig.class, SettingsCheck::check, args);
  }
}
