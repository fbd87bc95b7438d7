package dev.millrace.benchmarks.process;

import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A broker with the launcher's settings, and the processes that write to it. Closing it stops all
 * of them.
 */
public final class BrokerRun implements AutoCloseable {
  private static final int MINIBATCHES = 3000;
  private static final int WARM_UP = 500;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Pattern MEGABYTES = Pattern.compile("\\(([0-9.]+) MB/sec\\)");

  /** JVM options of ingest, as in the launcher. */
  private static final List<String> INGEST_OPTIONS =
      List.of(
          ("-Xms32m -Xmx512m -XX:+UseSerialGC -Xmn16m -XX:SurvivorRatio=2"
                  + " -XX:MinHeapFreeRatio=5 -XX:CompileThresholdScaling=4")
              .split(" "));

  private final Path project;
  private final Path home;
  private final int port = Children.freePort();
  private final Process broker;
  private final List<Process> ingests = new ArrayList<>();

  /**
   * Starts a broker.
   *
   * @param project the folder with the built modules
   */
  public BrokerRun(Path project, Path home) throws IOException {
    this.project = project;
    this.home = home;
    Path file = home.resolve("kafka.properties");
    try (var out = Files.newBufferedWriter(file)) {
      properties().store(out, null);
    }
    broker =
        start(
            "kafka",
            List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            List.of(
                "-cp", launcherClassPath(), "dev.millrace.stack.broker.Broker", file.toString()),
            Map.of());
  }

  private Properties properties() throws IOException {
    int controller = Children.freePort();
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
    p.put("log.dirs", home.resolve("log").toString());
    p.put("offsets.topic.replication.factor", "1");
    p.put("group.initial.rebalance.delay.ms", "0");
    p.put("message.max.bytes", "16777216");
    return p;
  }

  private String launcherClassPath() {
    Path target = project.resolve("local-stack/target");
    return target.resolve("local-stack.jar") + ":" + target.resolve("lib/*");
  }

  /**
   * Measures how many MB (2^20 bytes) of minibatches ingest services write per second, together.
   *
   * @param producers the number of services
   * @param partitions the number of partitions that they share
   */
  public double ingestMegabytes(RunOptions options, int producers, int partitions)
      throws IOException, InterruptedException {
    List<Counter> bytes = new ArrayList<>();
    for (int replica = 0; replica < producers; replica++) {
      int http = Children.freePort();
      ingests.add(startIngest(options, http, replica, partitions));
      bytes.add(new Counter(http, "millrace_ingest_bytes_total{split=\"train\"}"));
    }
    double record = recordBytes(options.batchSize);
    Counter.Mark begin = Counter.awaitSum(bytes, WARM_UP * record, POLL, this::ingestsLive);
    Counter.Mark end = Counter.awaitSum(bytes, MINIBATCHES * .8 * record, POLL, this::ingestsLive);
    return end.rateSince(begin) / (1 << 20);
  }

  private boolean ingestsLive() {
    return ingests.stream().allMatch(Process::isAlive);
  }

  private Process startIngest(RunOptions options, int http, int replica, int partitions)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("MILLRACE_HTTP_HOST", "127.0.0.1");
    environment.put("MILLRACE_HTTP_PORT", Integer.toString(http));
    environment.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + port);
    environment.put("MILLRACE_INGEST_DATASET", options.dataset);
    environment.put("MILLRACE_INGEST_DATA_DIR", options.dataDir.toString());
    environment.put("MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", Integer.toString(MINIBATCHES));
    environment.put("MILLRACE_INGEST_REPLICA_INDEX", Integer.toString(replica));
    environment.put("MILLRACE_INGEST_PARTITIONS", Integer.toString(partitions));
    Path jar = project.resolve("ingest-service/target/quarkus-app/quarkus-run.jar");
    return start("ingest-" + replica, INGEST_OPTIONS, List.of("-jar", jar.toString()), environment);
  }

  private static int recordBytes(int batchSize) {
    return batchSize * (Minibatch.IMAGE_BYTES + Long.BYTES);
  }

  /** Runs Kafka's producer benchmark with records of a minibatch's size and ingest's settings. */
  public double producerMegabytes(RunOptions options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Children.java(), "-Xmx512m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.apache.kafka.tools.ProducerPerformance");
    command.addAll(List.of("--topic", "producer-performance"));
    command.addAll(List.of("--num-records", Integer.toString(MINIBATCHES), "--throughput", "-1"));
    command.addAll(List.of("--record-size", Integer.toString(recordBytes(options.batchSize))));
    command.addAll(List.of("--warmup-records", Integer.toString(WARM_UP)));
    command.add("--producer-props");
    command.add("bootstrap.servers=127.0.0.1:" + port);
    command.addAll(List.of("acks=all", "max.request.size=16777216"));
    String out = Children.run(command, Map.of());
    Matcher found = MEGABYTES.matcher(out);
    double last = 0;
    while (found.find()) {
      last = Double.parseDouble(found.group(1));
    }
    if (last == 0) {
      throw new IllegalStateException("ProducerPerformance printed no MB/sec: " + out);
    }
    return last;
  }

  private Process start(
      String name, List<String> options, List<String> rest, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Children.java()));
    command.addAll(options);
    command.addAll(rest);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(home.resolve(name + ".log").toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Process ingest : ingests) {
      ingest.destroyForcibly().waitFor();
    }
    broker.destroyForcibly().waitFor();
    // The log holds gigabytes of minibatches.
    try (Stream<Path> files = Files.walk(home.resolve("log"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
