package dev.millrace.stack.broker;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/** The main class of a Kafka process that is broker and controller in one. */
public final class Broker {
  private Broker() {}

  /**
   * Runs the broker until it is stopped. The working directory is the home's folder.
   *
   * @param arguments the path of the properties file; a new log folder is formatted first
   */
  public static void main(String[] arguments) throws IOException {
    Properties properties = new Properties();
    try (var in = Files.newInputStream(Path.of(arguments[0]))) {
      properties.load(in);
    }
    Path log = Path.of(properties.getProperty("log.dirs"));
    BrokerIdentity identity = new BrokerIdentity(log, Path.of(arguments[0]).getParent());
    try {
      if (!identity.exists()) {
        format(log, arguments[0]);
      }
      identity.updateCopy();
    } catch (CommandFailedException e) {
      System.err.println("millrace: " + e.getMessage());
      System.exit(e.exitCode());
    }
    Kafka.main(arguments);
  }

  private static void format(Path log, String properties) {
    String[] format = {
      "format", "--cluster-id", Uuid.randomUuid().toString(), "--config", properties
    };
    int code = StorageTool.execute(format, System.err);
    if (code != 0) {
      throw new CommandFailedException("cannot format Kafka's log folder " + log, code);
    }
  }

  public static Properties properties(Ports ports) {
    Properties p = new Properties();
    p.put("process.roles", "broker,controller");
    p.put("node.id", "1");
    p.put("controller.quorum.voters", "1@127.0.0.1:" + ports.kafkaController());
    p.put(
        "listeners",
        "PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
            .formatted(ports.kafka(), ports.kafkaController()));
    p.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + ports.kafka());
    p.put("controller.listener.names", "CONTROLLER");
    p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    // Kafka splits this value at commas, so it cannot be an absolute path that the user chose. The
    // path is relative to the home, which is the broker's working directory.
    p.put("log.dirs", "kafka");
    p.put("offsets.topic.replication.factor", "1");
    p.put("offsets.topic.num.partitions", "4");
    p.put("transaction.state.log.replication.factor", "1");
    p.put("transaction.state.log.min.isr", "1");
    p.put("share.coordinator.state.topic.replication.factor", "1");
    p.put("share.coordinator.state.topic.min.isr", "1");
    p.put("group.initial.rebalance.delay.ms", "0");
    p.put("auto.create.topics.enable", "false");
    // Small thread pools: their idle threads still wake up, and training needs the cores.
    p.put("num.io.threads", "2");
    p.put("num.network.threads", "2");
    p.put("group.coordinator.threads", "1");
    p.put("share.coordinator.threads", "1");
    // Do not write no-op records to the metadata log twice a second.
    p.put("metadata.max.idle.interval.ms", "0");
    // Let the system size the socket buffers. A record has 394 KB, and a small buffer splits it
    // into many parts, each of which wakes a thread.
    p.put("socket.send.buffer.bytes", "-1");
    p.put("socket.receive.buffer.bytes", "-1");
    p.put("message.max.bytes", "16777216");
    p.put("replica.fetch.max.bytes", "16777216");
    p.put("log.retention.ms", "-1");
    // The committed offsets must outlive a stack that is stopped for a long time.
    p.put("offsets.retention.minutes", "525600");
    p.put("log.segment.delete.delay.ms", "1000");
    p.put("log.retention.check.interval.ms", "10000");
    return p;
  }
}
