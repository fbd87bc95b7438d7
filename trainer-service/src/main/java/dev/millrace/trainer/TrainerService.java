package dev.millrace.trainer;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.CorruptCheckpointException;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.model.EngineEnvironment;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.start.CannotStartException;
import dev.millrace.start.ServiceStart;
import dev.millrace.start.kafka.KafkaErrors;
import dev.millrace.start.settings.S3Settings;
import dev.millrace.store.ConditionalPuts;
import dev.millrace.store.MinioObjectStore;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.trainer.kafka.EvaluationReader;
import dev.millrace.trainer.kafka.KafkaMinibatchStream;
import dev.millrace.trainer.loop.EvaluationSplit;
import dev.millrace.trainer.loop.StreamException;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.loop.TrainingLoop;
import dev.millrace.trainer.loop.WarmUp;
import dev.millrace.trainer.report.ReportWriter;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.store.RetryingObjectStore;
import dev.millrace.trainer.store.TracedObjectStore;
import dev.millrace.trainer.telemetry.KafkaTelemetry;
import dev.millrace.trainer.telemetry.TrainerMeters;
import dev.millrace.trainer.telemetry.TrainingEvents;
import dev.millrace.waits.Waits;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.CommandLineArguments;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Trains one run on one thread, then stays up and idle when the run is complete. */
@ApplicationScoped
class TrainerService {
  private static final Logger LOG = Logger.getLogger(TrainerService.class);
  private static final long STOP_MILLIS = 20_000;

  /**
   * Time to wait at a stop if the store does not answer, because then no checkpoint can be saved.
   */
  private static final long STOP_WITHOUT_STORE_MILLIS = 2_000;

  private final TrainerConfig config;
  private final KafkaMinibatchStream source;
  private final EvaluationReader evaluation;
  private final KafkaTelemetry telemetry;
  private final TrainerMeters meters;
  private final OpenTelemetry openTelemetry;
  private final Waits waits;
  private final String[] arguments;
  private Thread thread;
  private RetryingObjectStore objects;
  private volatile boolean stopping;
  private volatile String state = "starting";

  TrainerService(
      TrainerConfig config,
      KafkaMinibatchStream source,
      EvaluationReader evaluation,
      KafkaTelemetry telemetry,
      TrainerMeters meters,
      OpenTelemetry openTelemetry,
      Waits waits,
      @CommandLineArguments String[] arguments) {
    this.config = config;
    this.source = source;
    this.evaluation = evaluation;
    this.telemetry = telemetry;
    this.meters = meters;
    this.openTelemetry = openTelemetry;
    this.waits = waits;
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
    if (state.equals("starting")) {
      // There is nothing to save yet, so the thread can be interrupted in any wait.
      thread.interrupt();
    }
    source.stop();
    evaluation.stop();
    thread.join(storeError() == null ? STOP_MILLIS : STOP_WITHOUT_STORE_MILLIS);
    thread.interrupt();
    source.close();
  }

  /** Returns {@code starting}, {@code training} or {@code finished}. */
  String state() {
    return state;
  }

  /** Returns why the object store does not answer at present, or null if it does. */
  String storeError() {
    return objects == null ? null : objects.lastError();
  }

  private void runAndExit() {
    try {
      run();
      if (state.equals("finished") && config.trainer().exitWhenFinished()) {
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

  private void run() throws InterruptedException {
    TrainerSettings settings = config.settings();
    ComputeDevice device = ComputeDevice.choose(config.trainer().device());
    LOG.infof(
        "run %s trains on %s (%s: %s)",
        settings.run(), device.name(), config.trainer().device(), device.reason());
    S3Settings s3 = config.s3();
    var minio = new MinioObjectStore(s3.endpoint(), s3.bucket(), s3.accessKey(), s3.secretKey());
    objects =
        new RetryingObjectStore(new TracedObjectStore(minio, openTelemetry), s3.endpoint(), waits);
    objects.run(minio::ensureBucket);
    CheckpointStore store = new CheckpointStore(objects);
    if (arguments.length > 0) {
      ReportWriter.writeInterim(settings, evaluation.read(Split.TEST), store, device);
      Quarkus.asyncExit(0);
      return;
    }
    if (ReportWriter.exists(store, settings.run())) {
      new RunRepair(store, settings.run()).repairBest();
      LOG.infof("run %s is complete", settings.run());
      state = "finished";
      return;
    }
    ConditionalPuts.require(objects, settings.run());
    EvaluationSplit validation;
    try (WarmUp warmUp = new WarmUp(settings, device)) {
      evaluation.awaitTopics();
      validation = evaluation.read(Split.VALIDATION);
      validation.requireRoomForTest(Runtime.getRuntime().maxMemory());
    }
    Optional<CheckpointManifest> newest = new RunRepair(store, settings.run()).newestManifest();
    settings = settings.withShardsOf(newest.map(CheckpointManifest::recipe));
    if (newest.isEmpty() || !ReportWriter.isReadable(store, settings.run(), RunDescription.PATH)) {
      store.putDocument(
          settings.run(),
          RunDescription.PATH,
          Json.prettyBytes(describe(settings, validation.stream(), device)),
          "application/json");
    }
    state = "training";
    meters.device(device);
    meters.running(true);
    TrainingLoop loop = new TrainingLoop(settings, device, source, validation, store, telemetry);
    if (loop.run()) {
      source.complete(store.newest(settings.run()).orElseThrow().nextOffsets());
      RunReport report = ReportWriter.write(settings, evaluation.read(Split.TEST), store, device);
      telemetry.event(TrainingEvents.finished(settings, telemetry.last(), report));
      meters.running(false);
      LOG.infof(
          "run %s is complete: test accuracy %.2f %%", settings.run(), 100 * report.testAccuracy());
      state = "finished";
    }
  }

  private static RunDescription describe(
      TrainerSettings settings, StreamDescription stream, ComputeDevice device) {
    return new RunDescription(
        RunDescription.SCHEMA,
        settings.description(),
        stream,
        stream.id(),
        device.name(),
        Map.of(
            "pytorch", ComputeDevice.engineVersion(),
            "djl", ComputeDevice.djlVersion(),
            "java", System.getProperty("java.version")),
        Map.of(
            "os", System.getProperty("os.name") + " " + System.getProperty("os.version"),
            "arch", System.getProperty("os.arch"),
            "processors", Integer.toString(Runtime.getRuntime().availableProcessors())));
  }
}
