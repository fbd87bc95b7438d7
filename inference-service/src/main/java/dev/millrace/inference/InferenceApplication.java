package dev.millrace.inference;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the service with settings that are right. */
@QuarkusMain
public final class InferenceApplication {
  private InferenceApplication() {}

  public static void main(String... args) {
    var collector =
        ConfigProvider.getConfig().getOptionalValue("millrace.otlp.endpoint", String.class);
    if (collector.isEmpty()) {
      // Spans that go nowhere would be a third of what a small request costs.
      System.setProperty("quarkus.otel.sdk.disabled", "true");
    }
    ServiceStart.run(InferenceConfig.class, SettingsCheck::check, args);
  }
}
