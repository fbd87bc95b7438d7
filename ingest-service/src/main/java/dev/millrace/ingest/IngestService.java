package dev.millrace.ingest;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.DatasetUnavailableException;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.kafka.BackpressureLimit;
import dev.millrace.ingest.kafka.KafkaAccess;
import dev.millrace.ingest.kafka.KafkaRetry;
import dev.millrace.ingest.kafka.MinibatchProducer;
import dev.millrace.ingest.kafka.MinibatchTopics;
import dev.millrace.ingest.kafka.PublishLoop;
import dev.millrace.ingest.kafka.PublishRefusedException;
import dev.millrace.ingest.kafka.PublisherLease;
import dev.millrace.ingest.kafka.SlowestTrainer;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.ingest.telemetry.IngestMeters;
import dev.millrace.start.ServiceStart;
import dev.millrace.start.kafka.KafkaClients;
import dev.millrace.waits.Waits;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/** Loads the dataset and runs the {@link PublishLoop} on a thread of its own. */
@Singleton
final class IngestService {
  private static final Logger LOG = Logger.getLogger(IngestService.class);
  private static final long STOP_MILLIS = 5_000;

  /** EX_UNAVAILABLE of sysexits.h: no source has the dataset; another dataset may be available. */
  private static final int EX_UNAVAILABLE = 69;

  private final IngestConfig config;
  private final MinibatchProducer producer;
  private final IngestMeters meters;
  private final Waits waits;
  private final Map<String, Object> kafkaSettings;
  private final KafkaRetry retry;
  private final SlowestTrainer slowest;
  private final Thread thread = new Thread(this::publish, "ingest");
  private volatile boolean stopping;
  private volatile String state = "starting";
  private volatile PublishLoop loop;
  private volatile BackpressureLimit limit;

  IngestService(
      IngestConfig config,
      MinibatchProducer producer,
      IngestMeters meters,
      Waits waits,
      @Identifier("default-kafka-broker") Map<String, Object> kafkaSettings) {
    this.config = config;
    this.producer = producer;
    this.meters = meters;
    this.waits = waits;
    this.kafkaSettings = kafkaSettings;
    retry = new KafkaRetry(waits, kafkaSettings.get("bootstrap.servers"));
    slowest = new SlowestTrainer(config.trainerTimeout(), System::nanoTime);
    meters.registerDroppedTrainers(() -> slowest.dropped().size());
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    thread.interrupt();
    thread.join(STOP_MILLIS);
  }

  /** Returns whether the dataset is loaded and the publish loop runs. */
  boolean isPublishing() {
    return loop != null;
  }

  /** Returns why calls to Kafka fail at present; null if they do not. */
  String kafkaError() {
    return retry.lastError();
  }

  /** Returns the trainers that were absent for too long, by their consumer groups. */
  Set<String> droppedTrainers() {
    return slowest.dropped();
  }

  /** Returns the consumer groups that do not count as trainers, each with the reason. */
  Map<String, String> ignoredTrainers() {
    BackpressureLimit current = limit;
    return current == null ? Map.of() : current.ignored();
  }

  /** Returns what ingest does, such as {@code epoch 3} or the progress of a download. */
  String state() {
    PublishLoop current = loop;
    return current == null ? state : current.state();
  }

  private void setState(String next) {
    if (!next.equals(state)) {
      LOG.info(next);
    }
    state = next;
  }

  private void publish() {
    try {
      Dataset dataset = new DatasetLoader(config, new LoggedReading(this::setState, meters)).load();
      MinibatchSource source = new MinibatchSource(dataset, config.settings());
      LOG.infof(
          "%s: %d training, %d validation and %d test images; stream %s",
          dataset.description().name(),
          source.description().trainImages(),
          source.description().validationImages(),
          source.description().testImages(),
          source.description().id());
      publish(source);
    } catch (UnusableDatasetException | PublishRefusedException e) {
      exitPermanently(e);
    } catch (InterruptedException | RuntimeException | Error e) {
      fail(e);
    }
  }

  private void publish(MinibatchSource source) throws InterruptedException {
    Map<String, Object> client = KafkaClients.impatient(kafkaSettings);
    try (MinibatchTopics topics = new MinibatchTopics(client);
        PublisherLease lease =
            new PublisherLease(client, config.ingest().replicaIndex(), producer::flush)) {
      KafkaAccess kafka = new KafkaAccess(retry, topics, lease, producer);
      limit =
          new BackpressureLimit(
              kafka,
              slowest,
              meters,
              config.ingest().partitions(),
              config.ingest().maxAheadMinibatches());
      loop = new PublishLoop(source, kafka, limit, config.epochs(), waits);
      loop.run();
    }
  }

  /** Ends the process with an exit code that tells supervisors not to restart it as it is. */
  private void exitPermanently(RuntimeException cause) {
    if (stopping) {
      LOG.debug("publishing was stopped", cause);
      return;
    }
    if (cause instanceof UnusableDatasetException) {
      meters.countDatasetError();
    }
    ServiceStart.printMessage(cause.getMessage());
    Quarkus.asyncExit(
        cause instanceof DatasetUnavailableException ? EX_UNAVAILABLE : ServiceStart.EX_CONFIG);
  }

  /** Ends the process. A restarted one continues where the topics end. */
  private void fail(Throwable cause) {
    if (!stopping) {
      LOG.error("publishing ended unexpectedly", cause);
      ServiceStart.printMessage("publishing ended unexpectedly: " + cause);
      Quarkus.asyncExit(1);
    }
  }
}
