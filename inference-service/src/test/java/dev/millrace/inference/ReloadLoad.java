package dev.millrace.inference;

import static org.awaitility.Awaitility.await;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A trainer's checkpoints, saved to S3 and announced over Kafka one after the other under the load
 * of {@link LoadClients}: by turns some that are not the best, and some that are and so are
 * reloaded. What else the machine does, saving included, meets both alike.
 */
final class ReloadLoad implements AutoCloseable {
  private static final String RUN = "run";

  /** Different weights; what is reloaded has others than what it replaces. */
  private static final int NETWORKS = 4;

  /** Checkpoints of a kind in a row. */
  private static final int TURN = 10;

  /** At most five checkpoints a second. */
  private static final long PACE_MILLIS = 200;

  /**
   * @param checkpoints how many of them answered
   */
  record Result(
      int clients,
      int reloads,
      Latency peace,
      Latency reloading,
      List<String> failures,
      int wrong,
      int checkpoints) {
    @Override
    public String toString() {
      return """
      %d clients, %d reloads on %d processors
      without reloads: %d requests, p50 %.1f ms, p99 %.1f ms
      with reloads:    %d requests, p50 %.1f ms, p99 %.1f ms (%.2f times)
      failures: %d, answers of another checkpoint than they name: %d\
      """
          .formatted(
              clients,
              reloads,
              Runtime.getRuntime().availableProcessors(),
              peace.requests(),
              peace.p50(),
              peace.p99(),
              reloading.requests(),
              reloading.p50(),
              reloading.p99(),
              reloading.p99() / peace.p99(),
              failures.size(),
              wrong);
    }
  }

  private final ServiceProcess service;
  private final CheckpointStore store;
  private final KafkaProducer<byte[], byte[]> trainer;
  private final ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
  private final List<Checkpoint> networks = new ArrayList<>();
  private final List<float[][]> logits = new ArrayList<>();
  private final Map<String, float[][]> expected = new ConcurrentHashMap<>();
  private CheckpointManifest best;
  private int saved;
  private int better;

  private ReloadLoad(ServiceProcess service, S3Server s3, KafkaBroker broker) {
    this.service = service;
    store = s3.store();
    trainer = broker.producer();
    ByteBuffer pixels = ByteBuffer.allocate(LoadClients.IMAGES * Minibatch.IMAGE_BYTES);
    for (int i = 0; i < LoadClients.IMAGES; i++) {
      pixels.put(Checkpoints.pixels(i));
    }
    for (int i = 0; i < NETWORKS; i++) {
      networks.add(Checkpoints.of(RUN, 1, i + 1));
      logits.add(Checkpoints.logits(networks.get(i), pixels.array()));
    }
  }

  static Result run(Path home, int clients, int reloads) throws Exception {
    try (S3Server s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0);
        KafkaBroker broker = KafkaBroker.start(home, ServiceProcess.freePort())) {
      broker.createTopics(Topics.CHECKPOINTS, Topics.METRICS, Topics.DEAD_LETTERS);
      Map<String, String> settings = InferenceProcess.settings(s3.endpoint(), broker.address());
      // No reload by polling.
      settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "3600");
      try (ServiceProcess service =
              InferenceProcess.launch(Path.of("target", "ReloadLoadIT.log"), settings);
          ReloadLoad load = new ReloadLoad(service, s3, broker)) {
        return load.run(clients, reloads);
      }
    }
  }

  private Result run(int count, int reloads) throws Exception {
    saveNext(true);
    service.awaitStatus("/q/health/ready", 200);
    CheckpointManifest first = saveNext(true);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              // Again until the service has joined the topic, which it reads from its end.
              announce(CheckpointEvent.Type.BEST, first);
              return service.get("/v2/models/tinyimagenet").body().contains(first.id());
            });
    try (LoadClients clients = LoadClients.start(service, count, expected)) {
      turn(clients, Math.min(reloads, 20), false); // the JIT's
      Queue<Double> peace = new ConcurrentLinkedQueue<>();
      Queue<Double> reloading = new ConcurrentLinkedQueue<>();
      for (int done = 0; done < reloads; done += TURN) {
        int length = Math.min(reloads - done, TURN);
        peace.addAll(turn(clients, length, false));
        reloading.addAll(turn(clients, length, true));
      }
      clients.finish();
      return new Result(
          count,
          reloads,
          Latency.of(peace),
          Latency.of(reloading),
          clients.failures(),
          clients.wrong(),
          clients.seen().size());
    }
  }

  private Queue<Double> turn(LoadClients clients, int length, boolean isBest) throws Exception {
    clients.takeLatencies();
    for (int i = 0; i < length; i++) {
      Future<?> next = pace.schedule(() -> {}, PACE_MILLIS, TimeUnit.MILLISECONDS);
      CheckpointManifest before = best;
      CheckpointManifest checkpoint = saveNext(isBest);
      announce(isBest ? CheckpointEvent.Type.BEST : CheckpointEvent.Type.SAVED, checkpoint);
      if (isBest) {
        await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(10))
            .until(() -> clients.seen().contains(checkpoint.id()));
      }
      store.delete(RUN, isBest ? before.id() : checkpoint.id());
      next.get();
    }
    return clients.takeLatencies();
  }

  private CheckpointManifest saveNext(boolean isBest) {
    int network = better % NETWORKS;
    Checkpoint checkpoint = Checkpoints.again(networks.get(network), 1, 10L * ++saved);
    CheckpointManifest manifest = checkpoint.manifest();
    expected.put(manifest.id(), logits.get(network));
    store.save(checkpoint);
    if (isBest) {
      Checkpoints.pointBestAt(store, manifest);
      best = manifest;
      better++;
    }
    return manifest;
  }

  private void announce(CheckpointEvent.Type type, CheckpointManifest checkpoint) throws Exception {
    CheckpointEvent event =
        new CheckpointEvent(
            CheckpointEvent.SCHEMA,
            type,
            RUN,
            checkpoint.id(),
            checkpoint.epoch(),
            checkpoint.step(),
            checkpoint.metrics().validationAccuracy(),
            Instant.now());
    trainer.send(new ProducerRecord<>(Topics.CHECKPOINTS, Json.bytes(event))).get();
  }

  @Override
  public void close() {
    pace.shutdownNow();
    trainer.close(Duration.ZERO);
  }
}
