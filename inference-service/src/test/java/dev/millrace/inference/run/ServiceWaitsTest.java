package dev.millrace.inference.run;

import static dev.millrace.protocol.run.TrainingEvent.Type.FINISHED;
import static dev.millrace.protocol.run.TrainingEvent.Type.PROGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.run.ServiceWaits.ServiceWait;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.waits.Waits;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ServiceWaitsTest {
  private static final Instant SINCE = Instant.EPOCH.plusSeconds(7);

  private final ServiceWaits waits = new ServiceWaits(new Waits());

  private void waiting(String service, String run, String what) {
    waits.add(TrainingEvent.waiting(service, run, SINCE, what));
  }

  @Test
  void aWaitLastsUntilItsServiceSaysThatItIsOver() {
    waiting("ingest", null, "the trainer");
    waiting("trainer", "run", "the store");
    waiting("trainer", "run", "records");
    assertThat(waits.of("run"))
        .containsExactly(
            new ServiceWait("ingest", "the trainer", SINCE),
            new ServiceWait("trainer", "records", SINCE));
    assertThat(waits.of("other")).hasSize(1);
    assertThat(waits.of(null)).hasSize(2);
    waiting("ingest", null, null);
    waiting("trainer", "run", null);
    assertThat(waits.of(null)).isEmpty();
  }

  @Test
  void aTrainerThatTrainsDoesNotWait() {
    waiting("trainer", "run", "records");
    waiting("ingest", null, "the trainer");
    waits.add(RunEvents.event(PROGRESS, "other", SINCE));
    assertThat(waits.of("run")).hasSize(2);
    waits.add(RunEvents.event(PROGRESS, "run", SINCE));
    assertThat(waits.of("run")).extracting(ServiceWait::service).containsExactly("ingest");
    waits.add(RunEvents.event(FINISHED, "run", SINCE));
    assertThat(waits.of("run")).isEmpty();
  }
}
