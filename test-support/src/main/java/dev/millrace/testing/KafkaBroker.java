package dev.millrace.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Runs a Kafka broker in a separate process, so that tests can kill and restart it. */
public final class KafkaBroker implements AutoCloseable {
  private final Process process;
  private final int port;

  private KafkaBroker(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts a broker without waiting until it is ready.
   *
   * @param folder folder of the broker's data; existing data is reused
   */
  public static KafkaBroker start(Path folder, int port) throws IOException {
    return start(folder, port, Map.of());
  }

  /**
   * Starts a broker that requires a user name and a password and gives rights only to {@code
   * admin}. The password of each user equals the user name.
   *
   * @param users users other than {@code admin}
   */
  public static KafkaBroker startSecured(Path folder, int port, String... users)
      throws IOException {
    StringBuilder login = new StringBuilder(login("admin")).append(" user_admin=\"admin\"");
    for (String user : users) {
      login.append(" user_%s=\"%s\"".formatted(user, user));
    }
    return start(
        folder,
        port,
        Map.of(
            "listener.security.protocol.map", "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms", "PLAIN",
            "sasl.mechanism.inter.broker.protocol", "PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config", login.append(';').toString(),
            "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users", "User:admin;User:ANONYMOUS"));
  }

  private static String login(String user) {
    return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\""
        .formatted(user, user);
  }

  /** Returns the client settings for a secured broker. */
  public static Map<String, Object> credentials(String user) {
    return Map.of(
        "security.protocol", "SASL_PLAINTEXT",
        "sasl.mechanism", "PLAIN",
        "sasl.jaas.config", login(user) + ";");
  }

  /** Creates an admin client for a secured broker. */
  public Admin admin(String user) {
    Map<String, Object> settings = new HashMap<>(credentials(user));
    settings.put("bootstrap.servers", address());
    settings.put("default.api.timeout.ms", "60000");
    return Admin.create(settings);
  }

  private static KafkaBroker start(Path folder, int port, Map<String, String> more)
      throws IOException {
    int controller = ServiceProcess.freePort();
    Properties p = new Properties();
    p.put("process.roles", "broker,controller");
    p.put("node.id", "1");
    p.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
    p.put(
        "listeners",
        "PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(port, controller));
    p.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    p.put("controller.listener.names", "CONTROLLER");
    p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    p.put("log.dirs", folder.resolve("log").toString());
    p.put("offsets.topic.replication.factor", "1");
    p.put("offsets.topic.num.partitions", "1");
    p.put("group.initial.rebalance.delay.ms", "0");
    p.put("auto.create.topics.enable", "false");
    p.putAll(more);
    Path file = folder.resolve("broker-%d.properties".formatted(controller));
    try (var out = Files.newBufferedWriter(file)) {
      p.store(out, null);
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                KafkaBroker.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(Path.of("target", "KafkaBroker.log").toFile()))
            .start();
    return new KafkaBroker(process, port);
  }

  /** Runs the broker in its own process; formats the data folder if it is new. */
  public static void main(String[] arguments) throws IOException {
    Properties properties = new Properties();
    try (var in = Files.newBufferedReader(Path.of(arguments[0]))) {
      properties.load(in);
    }
    if (!Files.exists(Path.of(properties.getProperty("log.dirs"), "meta.properties"))) {
      String id = Uuid.randomUuid().toString();
      StorageTool.execute(
          new String[] {"format", "--cluster-id", id, "--config", arguments[0]}, System.out);
    }
    Kafka.main(arguments);
  }

  /** Returns the address as HOST:PORT. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  /** Creates an admin client whose calls wait up to one minute for the broker. */
  public Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address(), "default.api.timeout.ms", "60000"));
  }

  public KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("bootstrap.servers", address());
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Creates topics with one partition each and waits for the result. */
  public void createTopics(String... names) throws Exception {
    try (Admin admin = admin()) {
      List<NewTopic> topics =
          Stream.of(names)
              .map(name -> new NewTopic(name, Optional.of(1), Optional.of((short) 1)))
              .toList();
      admin.createTopics(topics).all().get();
    }
  }

  /** Sends records and waits until they are written. */
  public void send(String topic, byte[]... values) throws Exception {
    try (var producer = producer()) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (byte[] value : values) {
        sent.add(producer.send(new ProducerRecord<>(topic, value)));
      }
      for (Future<RecordMetadata> record : sent) {
        record.get();
      }
    }
  }

  /** Sends a record and waits until it is written. */
  public void send(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (var producer = producer()) {
      producer.send(record).get();
    }
  }

  /** Creates a producer; the caller closes it. */
  public KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.<String, Object>of("bootstrap.servers", address()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** Returns the beginning and end offset of the only partition of a topic. */
  public List<Long> offsets(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of())) {
      return List.of(
          consumer.beginningOffsets(List.of(partition)).get(partition),
          consumer.endOffsets(List.of(partition)).get(partition));
    }
  }

  /** Returns all records of the only partition of a topic, up to its current end. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    return records(new TopicPartition(topic, 0));
  }

  /** Returns all records of a partition, up to its current end. */
  public List<ConsumerRecord<byte[], byte[]>> records(TopicPartition partition) {
    try (var consumer = consumer(Map.of("max.partition.fetch.bytes", 8 << 20))) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
      }
      return records;
    }
  }

  /** Returns the values of {@link #records(String)}. */
  public List<byte[]> values(String topic) {
    return records(topic).stream().map(ConsumerRecord::value).toList();
  }

  /** Kills the process, as {@code kill -9} does, and waits until it has ended. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
