package dev.millrace.ingest;

import dev.millrace.start.ServiceStart;
import io.quarkus.runtime.annotations.QuarkusMain;

/** The main class: checks the settings and starts ingest. */
@QuarkusMain
public final class IngestApplication {
  private IngestApplication() {}

  public static void main(String... args) {
    ServiceStart.run(IngestConfig.class, args);
  }
}
