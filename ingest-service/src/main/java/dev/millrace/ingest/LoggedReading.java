package dev.millrace.ingest;

import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.telemetry.IngestMeters;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Reports the progress of reading a dataset in the service's state, log and metrics. */
final class LoggedReading implements ReadingProgress {
  private static final Logger LOG = Logger.getLogger(LoggedReading.class);

  private final Consumer<String> state;
  private final IngestMeters meters;

  LoggedReading(Consumer<String> state, IngestMeters meters) {
    this.state = state;
    this.meters = meters;
  }

  @Override
  public void setState(String what) {
    state.accept(what);
  }

  @Override
  public void warn(String what) {
    LOG.warn(what);
  }

  @Override
  public void setSkipped(int pictures) {
    meters.setSkippedPictures(pictures);
  }
}
