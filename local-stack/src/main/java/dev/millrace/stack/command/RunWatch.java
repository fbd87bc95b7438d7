package dev.millrace.stack.command;

import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.StoredJson;
import dev.millrace.stack.process.Supervisor;
import dev.millrace.stack.progress.Console;
import dev.millrace.stack.progress.ProgressEvents;
import dev.millrace.stack.progress.ProgressReader;
import dev.millrace.stack.progress.ServiceHealth;
import dev.millrace.stack.progress.WaitWatch;
import dev.millrace.stack.settings.StackSettings;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * Restarts failed processes and reports the progress of the run. Not thread-safe: only the
 * supervisor's thread uses it.
 */
final class RunWatch {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration HEALTH_POLL = Duration.ofSeconds(1);
  private static final Duration POLL_WHEN_FINISHED = Duration.ofSeconds(10);

  /** Delay before inference starts, so that it does not take cores from the first training step. */
  private static final Duration HEAD_START = Duration.ofSeconds(20);

  private final Home home;
  private final Ports ports;
  private final StackSettings settings;
  private final Supervisor supervisor;
  private final ProgressEvents progress;
  private final Console console;
  private final ServiceHealth health = new ServiceHealth();
  private final WaitWatch waits;

  RunWatch(
      Home home,
      Ports ports,
      StackSettings settings,
      Supervisor supervisor,
      ProgressReader progress,
      Console console) {
    this.home = home;
    this.ports = ports;
    this.settings = settings;
    this.supervisor = supervisor;
    this.progress = progress.events();
    this.console = console;
    Clock clock = Clock.systemUTC();
    this.waits = new WaitWatch(new WaitWatch.OfStack(ports, clock, health), console, clock);
  }

  /**
   * Blocks until the run is complete and a model is served; without {@code exitAfterTraining},
   * until the thread is interrupted.
   */
  void await(boolean exitAfterTraining) throws InterruptedException {
    long headStart = System.nanoTime() + HEAD_START.toNanos();
    long healthAt = System.nanoTime();
    boolean streaming = false;
    boolean served = false;
    boolean finished = false;
    while (!(exitAfterTraining && finished && served)) {
      supervisor.restartEnded();
      if (progress.trained() || System.nanoTime() > headStart || hasCheckpoint()) {
        supervisor.startInference();
      }
      if (System.nanoTime() >= healthAt) {
        streaming = streaming || showIngestState();
        served = served || announceInference();
        waits.update(progress.last());
        Duration pause = finished && served ? POLL_WHEN_FINISHED : HEALTH_POLL;
        healthAt = System.nanoTime() + pause.toNanos();
      }
      if (!finished && StoredJson.isObject(home.report(settings.run()).resolve("report.json"))) {
        finished = true;
        console.print("the run is complete: millrace report --home " + home.root());
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Prints how to use the inference service once it is ready. Returns whether it is ready. */
  private boolean announceInference() throws InterruptedException {
    if (!health.query(ports.inference()).map(ServiceHealth.Answer::isReady).orElse(false)) {
      return false;
    }
    console.print(
        "serving: curl -H 'Content-Type: image/png' --data-binary @IMAGE.png http://127.0.0.1:%d/v1/predict"
            .formatted(ports.inference()));
    console.print(
        "gRPC on 127.0.0.1:%d; the token for promote, rollback, pin and unpin is in %s"
            .formatted(ports.inferenceGrpc(), home.adminToken()));
    return true;
  }

  private boolean hasCheckpoint() {
    return Files.exists(home.best(settings.run()));
  }

  /**
   * Shows what ingest does while it starts, such as a download. Returns whether ingest is ready.
   */
  private boolean showIngestState() throws InterruptedException {
    Optional<ServiceHealth.Answer> answer = health.query(ports.ingest());
    if (answer.isEmpty()) {
      return false;
    }
    if (answer.get().isReady()) {
      return true;
    }
    console.showStatus("ingest: " + answer.get().data("ingest").path("state").asText("starting"));
    return false;
  }
}
