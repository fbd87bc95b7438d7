package dev.millrace.trainer;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.start.settings.S3Settings;
import dev.millrace.store.ConditionalPuts;
import dev.millrace.store.MinioObjectStore;
import dev.millrace.trainer.kafka.EvaluationReader;
import dev.millrace.trainer.kafka.KafkaMinibatchStream;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.loop.TrainingLoop;
import dev.millrace.trainer.loop.WarmUp;
import dev.millrace.trainer.report.ReportWriter;
import dev.millrace.trainer.report.RunDocuments;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.store.RetryingObjectStore;
import dev.millrace.trainer.store.TracedObjectStore;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.telemetry.KafkaTelemetry;
import dev.millrace.trainer.telemetry.TrainerMeters;
import dev.millrace.trainer.telemetry.TrainingEvents;
import dev.millrace.waits.Waits;
import io.opentelemetry.api.OpenTelemetry;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The work of the service: trains the run that is configured and writes its report. One thread does
 * the work; any thread may ask for its state.
 */
@Singleton
class TrainingRun {
  private static final Logger LOG = Logger.getLogger(TrainingRun.class);

  /** What the run is doing. */
  enum State {
    STARTING,
    TRAINING,
    FINISHED;

    /** Returns the name in the health check. */
    String healthName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final TrainerConfig config;
  private final KafkaMinibatchStream source;
  private final EvaluationReader evaluation;
  private final KafkaTelemetry telemetry;
  private final TrainerMeters meters;
  private final OpenTelemetry openTelemetry;
  private final Waits waits;
  private volatile RetryingObjectStore objects;
  private volatile State state = State.STARTING;

  TrainingRun(
      TrainerConfig config,
      KafkaMinibatchStream source,
      EvaluationReader evaluation,
      KafkaTelemetry telemetry,
      TrainerMeters meters,
      OpenTelemetry openTelemetry,
      Waits waits) {
    this.config = config;
    this.source = source;
    this.evaluation = evaluation;
    this.telemetry = telemetry;
    this.meters = meters;
    this.openTelemetry = openTelemetry;
    this.waits = waits;
  }

  State state() {
    return state;
  }

  /** Returns why the object store does not answer at present, or null if it does. */
  String storeError() {
    return objects == null ? null : objects.lastError();
  }

  /** Writes a report of the run from its best checkpoint so far. */
  void writeInterimReport() {
    ComputeDevice device = chooseDevice();
    CheckpointStore store = openStore();
    ReportWriter.writeInterim(config.settings(), evaluation.read(Split.TEST), store, device);
  }

  /**
   * Trains the run, from its newest checkpoint if it has one, and writes its report.
   *
   * @return whether the run is complete; false if the process is stopping
   */
  boolean train() throws InterruptedException {
    TrainerSettings settings = config.settings();
    ComputeDevice device = chooseDevice();
    CheckpointStore store = openStore();
    if (ReportWriter.exists(store, settings.run())) {
      new RunRepair(store, settings.run()).repairBest();
      LOG.infof("run %s is complete", settings.run());
      state = State.FINISHED;
      return true;
    }
    ConditionalPuts.require(objects, settings.run());
    EvaluationSplit validation = readValidation(settings, device);
    Optional<CheckpointManifest> newest = new RunRepair(store, settings.run()).newestManifest();
    settings = settings.withShardsOf(newest.map(CheckpointManifest::recipe));
    if (newest.isEmpty() || !RunDocuments.isReadable(store, settings.run(), RunDescription.PATH)) {
      describe(settings, validation.stream(), device, store);
    }
    state = State.TRAINING;
    meters.device(device);
    meters.running(true);
    TrainingLoop loop = new TrainingLoop(settings, device, source, validation, store, telemetry);
    if (!loop.run()) {
      return false;
    }
    report(settings, store, device);
    return true;
  }

  private ComputeDevice chooseDevice() {
    ComputeDevice device = ComputeDevice.choose(config.trainer().device());
    LOG.infof(
        "run %s trains on %s (%s: %s)",
        config.trainer().run(), device.name(), config.trainer().device(), device.reason());
    return device;
  }

  private CheckpointStore openStore() {
    S3Settings s3 = config.s3();
    var minio = new MinioObjectStore(s3.endpoint(), s3.bucket(), s3.accessKey(), s3.secretKey());
    objects =
        new RetryingObjectStore(new TracedObjectStore(minio, openTelemetry), s3.endpoint(), waits);
    objects.run(minio::ensureBucket);
    return new CheckpointStore(objects);
  }

  private EvaluationSplit readValidation(TrainerSettings settings, ComputeDevice device)
      throws InterruptedException {
    try (WarmUp warmUp = new WarmUp(settings, device)) {
      evaluation.awaitTopics();
      EvaluationSplit validation = evaluation.read(Split.VALIDATION);
      validation.requireRoomForTest(Runtime.getRuntime().maxMemory());
      return validation;
    }
  }

  private void report(TrainerSettings settings, CheckpointStore store, ComputeDevice device) {
    source.complete(store.newest(settings.run()).orElseThrow().nextOffsets());
    RunReport report = ReportWriter.write(settings, evaluation.read(Split.TEST), store, device);
    telemetry.event(TrainingEvents.finished(settings, telemetry.last(), report));
    meters.running(false);
    LOG.infof(
        "run %s is complete: test accuracy %.2f %%", settings.run(), 100 * report.testAccuracy());
    state = State.FINISHED;
  }

  private static void describe(
      TrainerSettings settings,
      StreamDescription stream,
      ComputeDevice device,
      CheckpointStore store) {
    RunDescription description =
        new RunDescription(
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
    store.putDocument(
        settings.run(), RunDescription.PATH, Json.prettyBytes(description), "application/json");
  }
}
