package dev.millrace.inference;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.health.ReportedObjectStore;
import dev.millrace.inference.oip.ServedModel;
import dev.millrace.inference.reload.CheckpointListing;
import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadTelemetry;
import dev.millrace.inference.reload.ServingControl;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.InferenceStatistics;
import dev.millrace.inference.serving.ServingTelemetry;
import dev.millrace.inference.telemetry.RequestSampler;
import dev.millrace.start.settings.S3Settings;
import dev.millrace.store.MinioObjectStore;
import dev.millrace.waits.Waits;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/** Creates and closes the objects of the packages that know no framework. */
final class Beans {
  @Produces
  @Singleton
  MinioObjectStore objects(InferenceConfig config) {
    S3Settings s3 = config.s3();
    return new MinioObjectStore(s3.endpoint(), s3.bucket(), s3.accessKey(), s3.secretKey());
  }

  void close(@Disposes MinioObjectStore objects) throws Exception {
    objects.close();
  }

  @Produces
  @Singleton
  CheckpointStore store(MinioObjectStore objects, InferenceConfig config, Waits waits) {
    return new CheckpointStore(new ReportedObjectStore(objects, config.s3().endpoint(), waits));
  }

  @Produces
  @Singleton
  RunSelector run(InferenceConfig config) {
    return RunSelector.of(config.inference().run());
  }

  @Produces
  @Singleton
  Classifier classifier(
      InferenceConfig config, ServingTelemetry telemetry, MeterRegistry registry) {
    InferenceConfig.Inference settings = config.inference();
    Classifier classifier =
        new Classifier(
            new BatchLimits(
                settings.maxBatchImages(),
                settings.maxQueueImages(),
                Duration.ofNanos(1_000L * settings.maxBatchDelayMicros())),
            telemetry);
    Gauge.builder("millrace.inference.queue.images", classifier, Classifier::waitingImages)
        .register(registry);
    return classifier;
  }

  void close(@Disposes Classifier classifier) throws InterruptedException {
    classifier.close();
  }

  @Produces
  @Singleton
  CheckpointReloader reloader(
      CheckpointStore store, RunSelector run, Classifier classifier, ReloadTelemetry telemetry) {
    return new CheckpointReloader(store, run, classifier, Clock.systemUTC(), telemetry);
  }

  /** Records latencies as histograms, so that they can be aggregated over replicas. */
  @Produces
  @Singleton
  MeterFilter requestHistogram() {
    return new MeterFilter() {
      @Override
      public DistributionStatisticConfig configure(
          Meter.Id id, DistributionStatisticConfig config) {
        return id.getName().equals("http.server.requests")
            ? DistributionStatisticConfig.builder().percentilesHistogram(true).build().merge(config)
            : config;
      }
    };
  }

  /** Samples a fraction of the predictions, those that their client traces, and all other spans. */
  @Produces
  @Singleton
  Sampler sampler(InferenceConfig config) {
    return RequestSampler.of(config.inference().traceRatio());
  }

  @Produces
  @Singleton
  ServingControl control(CheckpointStore store, RunSelector run, CheckpointReloader reloader) {
    return new ServingControl(store, run, reloader, Clock.systemUTC());
  }

  @Produces
  @Singleton
  InferenceStatistics statistics() {
    return new InferenceStatistics();
  }

  @Produces
  @Singleton
  ServedModel model(
      CheckpointReloader reloader, Classifier classifier, InferenceStatistics statistics) {
    return new ServedModel(reloader, classifier, statistics);
  }

  @Produces
  @Singleton
  CheckpointListing listing(CheckpointStore store, CheckpointReloader reloader) {
    return new CheckpointListing(store, reloader);
  }
}
