package dev.millrace.inference;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;
import org.eclipse.microprofile.config.ConfigProvider;

/** Checks the settings and starts the service. */
@QuarkusMain
public final class InferenceApplication {
  private InferenceApplication() {}

  public static void main(String... args) {
    var collector =
        ConfigProvider.getConfig().getOptionalValue("millrace.otlp.endpoint", String.class);
    if (collector.isEmpty()) {
      // Spans that nobody collects would be a third of the cost of a small request.
      System.setProperty("quarkus.otel.sdk.disabled", "true");
    }
    ServiceStart.run(InferenceConfig.class, args);
  }
}
