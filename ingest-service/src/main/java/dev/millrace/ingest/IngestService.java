package dev.millrace.ingest;

import dev.millrace.ingest.StreamLog.BrokerException;
import dev.millrace.ingest.stream.Dataset;
import dev.millrace.ingest.stream.DatasetException;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.MalformedException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Publishes the stream on one thread, from wherever the log ends. */
@ApplicationScoped
class IngestService {
  private static final Logger LOG = Logger.getLogger(IngestService.class);
  private static final long STOP_MILLIS = 5_000;

  @Inject IngestConfig config;
  @Inject StreamPublisher publisher;

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  private Thread thread;
  private volatile boolean stopping;
  private volatile String state = "starting";
  private volatile StreamWriter writer;

  void start(@Observes StartupEvent event) {
    thread = new Thread(this::publish, "ingest");
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    thread.interrupt();
    thread.join(STOP_MILLIS);
  }

  /** What is being done, for health; null before the dataset is read. */
  StreamWriter writer() {
    return writer;
  }

  /** Such as {@code epoch 3} or how far a download is, for people. */
  String state() {
    StreamWriter current = writer;
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
      Dataset dataset = new DatasetLoader(config, this::say).load();
      MinibatchSource source = new MinibatchSource(dataset, config.settings());
      LOG.infof(
          "%s: %d images to train on, %d to validate, %d to test; stream %s",
          dataset.description().name(),
          source.description().trainImages(),
          source.description().validationImages(),
          source.description().testImages(),
          source.description().id());
      try (StreamLog log = new StreamLog(bootstrapServers)) {
        writer =
            new StreamWriter(source, log, publisher, config.leadMinibatches(), config.epochs());
        writer.run();
      }
    } catch (IllegalArgumentException
        | DatasetException
        | StreamWriter.ForeignStreamException
        | MalformedException e) {
      IngestApplication.say(e.getMessage());
      Quarkus.asyncExit(IngestApplication.EXIT_NEEDS_PERSON);
    } catch (InterruptedException | BrokerException e) {
      if (!stopping) {
        die(e);
      }
    } catch (RuntimeException | Error e) {
      die(e);
    }
  }

  /** Whoever supervises us starts us again, and we go on from the log's end. */
  private void die(Throwable cause) {
    if (!stopping) {
      LOG.error("publishing ended unexpectedly", cause);
      IngestApplication.say("publishing ended unexpectedly: " + cause);
      Quarkus.asyncExit(1);
    }
  }
}
