package dev.millrace.trainer;

import dev.millrace.checkpoint.CorruptCheckpointException;
import dev.millrace.model.EngineEnvironment;
import dev.millrace.protocol.MalformedException;
import dev.millrace.start.CannotStartException;
import dev.millrace.start.ServiceStart;
import dev.millrace.start.kafka.KafkaErrors;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.trainer.TrainingRun.State;
import dev.millrace.trainer.kafka.EvaluationReader;
import dev.millrace.trainer.kafka.KafkaMinibatchStream;
import dev.millrace.trainer.stream.StreamException;
import dev.millrace.trainer.telemetry.KafkaTelemetry;
import dev.millrace.trainer.telemetry.TrainingEvents;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.CommandLineArguments;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Starts and stops the thread of the {@link TrainingRun}, and ends the process if the run fails.
 * When the run is complete, the service stays up and idle.
 */
@ApplicationScoped
class TrainerService {
  private static final Logger LOG = Logger.getLogger(TrainerService.class);
  private static final long STOP_MILLIS = 20_000;

  /**
   * Time to wait at a stop if the store does not answer, because then no checkpoint can be saved.
   */
  private static final long STOP_WITHOUT_STORE_MILLIS = 2_000;

  private final TrainerConfig config;
  private final TrainingRun run;
  private final KafkaMinibatchStream source;
  private final EvaluationReader evaluation;
  private final KafkaTelemetry telemetry;
  private final String[] arguments;
  private Thread thread;
  private volatile boolean stopping;

  TrainerService(
      TrainerConfig config,
      TrainingRun run,
      KafkaMinibatchStream source,
      EvaluationReader evaluation,
      KafkaTelemetry telemetry,
      @CommandLineArguments String[] arguments) {
    this.config = config;
    this.run = run;
    this.source = source;
    this.evaluation = evaluation;
    this.telemetry = telemetry;
    this.arguments = arguments;
  }

  void start(@Observes StartupEvent event) {
    List<String> unset = EngineEnvironment.unset(System.getenv());
    if (!unset.isEmpty()) {
      LOG.warnf(
          "%s not set; training on a CPU is slower without; see docs/operations.md, Memory allocator",
          String.join(", ", unset));
    }
    thread = new Thread(this::runAndExit, "trainer");
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    if (run.state() == State.STARTING) {
      // There is nothing to save yet, so the thread can be interrupted in any wait.
      thread.interrupt();
    }
    source.stop();
    evaluation.stop();
    thread.join(run.storeError() == null ? STOP_MILLIS : STOP_WITHOUT_STORE_MILLIS);
    thread.interrupt();
    source.close();
  }

  private void runAndExit() {
    try {
      if (arguments.length > 0) {
        run.writeInterimReport();
        Quarkus.asyncExit(0);
      } else if (run.train() && config.trainer().exitWhenFinished()) {
        Quarkus.asyncExit(0);
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      Optional<String> kafka = KafkaErrors.permanent(e);
      if (stopping) {
        LOG.debug("stopped while waiting", e);
      } else if (isPermanent(e)) {
        fail(e.getMessage(), ServiceStart.EX_CONFIG);
      } else if (kafka.isPresent()) {
        fail(kafka.get(), ServiceStart.EX_CONFIG);
      } else {
        LOG.error("training ended unexpectedly", e);
        fail("training ended unexpectedly: " + e, 1);
      }
    }
  }

  /** Returns whether a restart would fail in the same way. */
  private static boolean isPermanent(Throwable e) {
    return e instanceof IllegalArgumentException
        || e instanceof StreamException
        || e instanceof CannotStartException
        || e instanceof MalformedException
        || e instanceof StoreRefusedException
        || e instanceof CorruptCheckpointException;
  }

  private void fail(String message, int exitCode) {
    ServiceStart.printMessage(message);
    if (arguments.length > 0) {
      Quarkus.asyncExit(exitCode);
      return;
    }
    telemetry.event(TrainingEvents.failed(config.trainer().run(), telemetry.last(), message));
    Quarkus.asyncExit(exitCode);
  }
}
