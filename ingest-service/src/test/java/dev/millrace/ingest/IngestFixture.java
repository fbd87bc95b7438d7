package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ingest.dataset.cifar.CifarFiles;
import dev.millrace.ingest.dataset.cifar.CifarFormat;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.ingest.stream.StreamSettings;
import dev.millrace.ingest.stream.StreamSettings.Validation;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** A broker, a small dataset in CIFAR-10's layout, and the built ingest service between them. */
final class IngestFixture implements AutoCloseable {
  /** 180 images in twelve minibatches, and the epoch's end. */
  static final int EPOCH_RECORDS = 13;

  private static final int RECORDS_A_FILE = 40;
  private static final String HEAP = "-Xmx128m";

  final Path folder;
  final MinibatchSource source;
  private final StreamSettings settings;
  private final Path log;
  private final int port;
  private KafkaBroker broker;
  private Admin admin;

  IngestFixture(Path folder, String test) throws IOException {
    this(folder, test, 1);
  }

  private IngestFixture(Path folder, String test, int partitions) throws IOException {
    this.folder = folder;
    settings = new StreamSettings(0, 16, Validation.HOLDOUT, 5_000, partitions);
    this.log = Path.of("target", test + ".log");
    Files.deleteIfExists(log);
    port = ServiceProcess.freePort();
    CifarFiles.cifar10(folder, RECORDS_A_FILE);
    source = new MinibatchSource(CifarFormat.CIFAR10.read(folder), settings);
  }

  /** Creates a fixture and starts its broker. */
  static IngestFixture running(Path folder, String test) throws IOException {
    return running(folder, test, 1);
  }

  static IngestFixture running(Path folder, String test, int partitions) throws IOException {
    IngestFixture fixture = new IngestFixture(folder, test, partitions);
    fixture.startBroker();
    return fixture;
  }

  KafkaBroker startBroker() throws IOException {
    broker = KafkaBroker.start(folder, port);
    if (admin == null) {
      admin = broker.admin();
    }
    return broker;
  }

  KafkaBroker broker() {
    return broker;
  }

  /** The port of the broker. */
  int port() {
    return port;
  }

  /** Starts ingest with settings such as {@code SEED}, {@code 1}; does not wait for it. */
  ServiceProcess ingest(String... namesAndValues) throws IOException {
    String[] named = namesAndValues.clone();
    for (int i = 0; i < named.length; i += 2) {
      named[i] = (named[i].equals("EPOCHS") ? "MILLRACE_" : "MILLRACE_INGEST_") + named[i];
    }
    return ingestWith(named);
  }

  /** Starts ingest with these environment variables and values; does not wait for it. */
  ServiceProcess ingestWith(String... namesAndValues) throws IOException {
    Map<String, String> settings = new HashMap<>();
    settings.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + port);
    settings.put("MILLRACE_INGEST_DATASET", "cifar10");
    settings.put("MILLRACE_INGEST_DATA_DIR", folder.toString());
    settings.put("MILLRACE_INGEST_BATCH_SIZE", "16");
    settings.put("MILLRACE_INGEST_PARTITIONS", Integer.toString(this.settings.partitions()));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      settings.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return ServiceProcess.launch(HEAP, log, settings);
  }

  /** Waits until ingest's health check reports this state. */
  static void awaitState(ServiceProcess ingest, String state) {
    ingest.awaitStatus("/q/health/ready", 200);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> ingest.get("/q/health/ready").body().contains("\"" + state + "\""));
  }

  /** Commits an offset as a trainer does with a checkpoint. */
  void commit(String trainer, long offset) throws Exception {
    commit(trainer, new OffsetAndMetadata(offset));
  }

  /** Commits an offset as a trainer does when its run is complete. */
  void complete(String trainer, long offset) throws Exception {
    commit(trainer, new OffsetAndMetadata(offset, Topics.TRAINER_COMPLETE));
  }

  /** Commits a request for deleted records as a trainer does that continues at this offset. */
  void request(String trainer, long offset, ResendRequest lost) throws Exception {
    commit(trainer, new OffsetAndMetadata(offset, lost.metadata()));
  }

  Admin admin() {
    return admin;
  }

  private void commit(String trainer, OffsetAndMetadata offset) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (int partition = 0; partition < settings.partitions(); partition++) {
      offsets.put(new TopicPartition(Split.TRAIN.topic(), partition), offset);
    }
    admin.alterConsumerGroupOffsets(Topics.TRAINER_GROUP_PREFIX + trainer, offsets).all().get();
  }

  /** Waits until the training topic has these first and next offsets, and keeps them. */
  void awaitLog(long begin, long end) {
    await()
        .atMost(Duration.ofSeconds(60))
        .during(Duration.ofMillis(800))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .untilAsserted(
            () -> assertThat(broker.offsets(Split.TRAIN.topic())).containsExactly(begin, end));
  }

  /** Deletes all topics and the trainers' groups. */
  void clear() throws Exception {
    admin.deleteTopics(admin.listTopics().names().get()).all().get();
    await().until(() -> admin.listTopics().names().get().isEmpty());
    // A static member leaves its group only when its session ends.
    await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(this::noTrainerIsLeft);
  }

  private boolean noTrainerIsLeft() throws Exception {
    List<String> groups =
        admin.listGroups().all().get().stream()
            .map(group -> group.groupId())
            .filter(name -> name.startsWith(Topics.TRAINER_GROUP_PREFIX))
            .toList();
    admin.deleteConsumerGroups(groups).all().get();
    return groups.isEmpty();
  }

  /** The expected headers and value of a record. */
  record Expected(MinibatchHeaders place, byte[] value) {}

  /** Returns the records of a split's epochs on the first partition, computed without Kafka. */
  List<Expected> expected(Split split, int firstEpoch, int lastEpoch) {
    return expected(split, 0, firstEpoch, lastEpoch);
  }

  List<Expected> expected(Split split, int partition, int firstEpoch, int lastEpoch) {
    int every = split == Split.TRAIN ? settings.partitions() : 1;
    String id = source.description().id();
    int batches = source.description().batches(split);
    List<Expected> all = new ArrayList<>();
    for (int epoch = firstEpoch; epoch <= lastEpoch; epoch++) {
      EpochDigest digest = EpochDigest.begin(id, split, epoch);
      for (int batch = partition; batch < batches; batch += every) {
        byte[] value = source.at(split, epoch, batch);
        digest = digest.add(value);
        all.add(new Expected(new MinibatchHeaders(id, split, epoch, batch, Kind.MINIBATCH), value));
      }
      all.add(
          new Expected(
              new MinibatchHeaders(id, split, epoch, batches, Kind.EPOCH_END),
              Json.bytes(EpochEnd.of(source.description(), split, epoch, partition, digest))));
    }
    return all;
  }

  static MinibatchHeaders place(ConsumerRecord<byte[], byte[]> record) {
    return MinibatchHeaders.from(
        name -> {
          var header = record.headers().lastHeader(name);
          return header == null ? null : header.value();
        });
  }

  /** Asserts that the records are equal, in the same order, each once. */
  static void assertSame(List<ConsumerRecord<byte[], byte[]>> found, List<Expected> expected) {
    assertThat(found)
        .map(IngestFixture::place)
        .isEqualTo(expected.stream().map(Expected::place).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).value()).as("record %d", i).isEqualTo(expected.get(i).value());
    }
  }

  @Override
  public void close() throws InterruptedException {
    if (broker != null) {
      admin.close(Duration.ZERO);
      broker.close();
    }
  }
}
