package dev.millrace.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A real broker in a process of its own, so that it can be killed. */
final class KafkaBroker implements AutoCloseable {
  private final Process process;
  private final int port;

  private KafkaBroker(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static KafkaBroker start(Path folder, int port) throws IOException {
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
    Path file = folder.resolve("broker-%d.properties".formatted(controller));
    try (var out = Files.newBufferedWriter(file)) {
      p.store(out, null);
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                KafkaBroker.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(Path.of("target", "KafkaBroker.log").toFile())
            .start();
    return new KafkaBroker(process, port);
  }

  /** The process: formats its folder if that is new, and runs. */
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

  String address() {
    return "127.0.0.1:" + port;
  }

  /** Waits for the broker. */
  void createTopics(String... names) throws Exception {
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", address(), "default.api.timeout.ms", "60000"))) {
      List<NewTopic> topics =
          List.of(names).stream()
              .map(name -> new NewTopic(name, Optional.of(1), Optional.of((short) 1)))
              .toList();
      admin.createTopics(topics).all().get(60, TimeUnit.SECONDS);
    }
  }

  void send(String topic, byte[] value) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, value)).get(30, TimeUnit.SECONDS);
    }
  }

  /** All values of a topic's only partition. */
  List<byte[]> values(String topic) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", address()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partition = List.of(new TopicPartition(topic, 0));
      consumer.assign(partition);
      consumer.seekToBeginning(partition);
      List<byte[]> values = new ArrayList<>();
      consumer.poll(Duration.ofSeconds(2)).forEach(record -> values.add(record.value()));
      return values;
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
