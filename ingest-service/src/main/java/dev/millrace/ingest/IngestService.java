package dev.millrace.ingest;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.DatasetException;
import dev.millrace.ingest.dataset.DatasetUnavailableException;
import dev.millrace.ingest.kafka.BackpressureLimit;
import dev.millrace.ingest.kafka.IngestStoppedException;
import dev.millrace.ingest.kafka.KafkaRetry;
import dev.millrace.ingest.kafka.KafkaRetry.BrokerException;
import dev.millrace.ingest.kafka.MinibatchProducer;
import dev.millrace.ingest.kafka.MinibatchTopics;
import dev.millrace.ingest.kafka.PublishLoop;
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
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/** Publishes the stream on one thread, from wherever the log ends. */
@ApplicationScoped
class IngestService {
  private static final Logger LOG = Logger.getLogger(IngestService.class);
  private static final long STOP_MILLIS = 5_000;

  /** EX_UNAVAILABLE of sysexits.h: no source has the dataset; another one may do. */
  private static final int EX_UNAVAILABLE = 69;

  @Inject IngestConfig config;
  @Inject MinibatchProducer publisher;
  @Inject IngestMeters meters;
  @Inject Waits waits;

  @Inject
  @Identifier("default-kafka-broker")
  Map<String, Object> kafkaSettings;

  private Thread thread;
  private volatile boolean stopping;
  private volatile String state = "starting";
  private volatile PublishLoop writer;
  private KafkaRetry kafka;
  private SlowestTrainer slowest;
  private volatile BackpressureLimit lead;

  void start(@Observes StartupEvent event) {
    kafka = new KafkaRetry(waits, kafkaSettings.get("bootstrap.servers"));
    slowest = new SlowestTrainer(config.trainerTimeout(), System::nanoTime);
    meters.droppedTrainers(() -> slowest.dropped().size());
    thread = new Thread(this::publish, "ingest");
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    thread.interrupt();
    thread.join(STOP_MILLIS);
  }

  /** Whether the dataset is read and the stream goes on from the log's end. */
  boolean isPublishing() {
    return writer != null;
  }

  /** Why Kafka does not answer at present; null when it does. */
  String kafkaError() {
    return kafka.lastError();
  }

  /** The consumer groups of trainers that are gone for too long to be waited for. */
  Set<String> droppedTrainers() {
    return slowest.dropped();
  }

  /** The consumer groups that look like trainers and do not count, each with the reason. */
  Map<String, String> ignoredTrainers() {
    BackpressureLimit current = lead;
    return current == null ? Map.of() : current.ignored();
  }

  /** Such as {@code epoch 3} or how far a download is, for people. */
  String state() {
    PublishLoop current = writer;
    return current == null ? state : current.state();
  }

  private void say(String what) {
    if (!what.equals(state)) {
      LOG.info(what);
    }
    state = what;
  }

  private void publish() {
    try {
      Dataset dataset = new DatasetLoader(config, new LoggedReading(this::say, meters)).load();
      MinibatchSource source = new MinibatchSource(dataset, config.settings());
      LOG.infof(
          "%s: %d images to train on, %d to validate, %d to test; stream %s",
          dataset.description().name(),
          source.description().trainImages(),
          source.description().validationImages(),
          source.description().testImages(),
          source.description().id());
      write(source);
    } catch (DatasetException | IngestStoppedException e) {
      if (stopping) {
        LOG.debug("stopped while waiting", e);
        return;
      }
      if (e instanceof DatasetException) {
        meters.datasetFailed();
      }
      ServiceStart.say(e.getMessage());
      Quarkus.asyncExit(
          e instanceof DatasetUnavailableException ? EX_UNAVAILABLE : ServiceStart.EX_CONFIG);
    } catch (InterruptedException | BrokerException e) {
      if (!stopping) {
        die(e);
      }
    } catch (RuntimeException | Error e) {
      die(e);
    }
  }

  private void write(MinibatchSource source) throws InterruptedException {
    Map<String, Object> client = KafkaClients.impatient(kafkaSettings);
    try (MinibatchTopics log = new MinibatchTopics(client);
        PublisherLease lease = new PublisherLease(client, config.replica(), publisher::flush)) {
      lead =
          new BackpressureLimit(
              log, kafka, slowest, meters, config.partitions(), config.leadMinibatches());
      writer = new PublishLoop(source, log, kafka, lease, publisher, lead, config.epochs(), waits);
      writer.run();
    }
  }

  /** Whoever supervises us starts us again, and we go on from the log's end. */
  private void die(Throwable cause) {
    if (!stopping) {
      LOG.error("publishing ended unexpectedly", cause);
      ServiceStart.say("publishing ended unexpectedly: " + cause);
      Quarkus.asyncExit(1);
    }
  }
}
