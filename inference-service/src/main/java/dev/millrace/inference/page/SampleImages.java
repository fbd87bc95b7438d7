package dev.millrace.inference.page;

import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import dev.millrace.protocol.stream.MinibatchHeaders;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jboss.logging.Logger;

/**
 * Provides sample images for the served model: labelled ones from the topic of the test split, else
 * those of the checkpoint's probe. Thread-safe.
 */
@Singleton
final class SampleImages {
  private static final Logger LOG = Logger.getLogger(SampleImages.class);
  private static final int COUNT = 12;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /**
   * A sample image.
   *
   * @param label the true class; absent if it is not known
   * @param pixels 3 × 32 × 32 bytes, RGB planes
   */
  record Sample(String label, byte[] pixels) {}

  /**
   * All sample images.
   *
   * @param source {@code test} or {@code probe}
   */
  record Samples(String source, List<Sample> samples) {}

  private final CheckpointReloader reloader;
  private final Map<String, Object> kafka;
  private final ReentrantLock reading = new ReentrantLock();

  /** The samples of the last served stream, by its id; null if none were read. */
  private volatile Map.Entry<String, List<Sample>> known;

  SampleImages(
      CheckpointReloader reloader, @Identifier("default-kafka-broker") Map<String, Object> kafka) {
    this.reloader = reloader;
    this.kafka = kafka;
  }

  Samples take() {
    Optional<Serving> serving = reloader.state().serving();
    if (serving.isEmpty()) {
      return new Samples("probe", List.of());
    }
    CheckpointManifest manifest = serving.get().checkpoint();
    List<Sample> labelled = labelled(manifest);
    return labelled.isEmpty()
        ? new Samples("probe", probe(manifest))
        : new Samples("test", labelled);
  }

  private List<Sample> labelled(CheckpointManifest manifest) {
    if ((known == null || !known.getKey().equals(manifest.stream())) && reading.tryLock()) {
      try {
        List<Sample> read = read(manifest);
        if (!read.isEmpty()) {
          known = Map.entry(manifest.stream(), read);
        }
      } catch (KafkaException | MalformedException e) {
        LOG.warnf("no sample images from %s: %s", Split.TEST.topic(), e.getMessage());
      } finally {
        reading.unlock();
      }
    }
    return known != null && known.getKey().equals(manifest.stream()) ? known.getValue() : List.of();
  }

  private List<Sample> read(CheckpointManifest manifest) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
    settings.put(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
    List<TopicPartition> first = List.of(new TopicPartition(Split.TEST.topic(), 0));
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(first);
      consumer.seekToBeginning(first);
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
        MinibatchHeaders headers = MinibatchHeaders.from(name -> header(record, name));
        if (headers.kind() == MinibatchHeaders.Kind.MINIBATCH
            && headers.stream().equals(manifest.stream())) {
          List<String> classes = manifest.classes();
          return choose(MinibatchCodec.decode(record.value(), classes.size()), classes);
        }
      }
      return List.of();
    }
  }

  private static byte[] header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : header.value();
  }

  /** Chooses images of as many classes as possible, in the order of the minibatch. */
  private static List<Sample> choose(Minibatch minibatch, List<String> classes) {
    List<Integer> chosen = new ArrayList<>();
    for (int each = 1; chosen.size() < Math.min(COUNT, minibatch.size()); each++) {
      int[] seen = new int[classes.size()];
      for (int i = 0; i < minibatch.size() && chosen.size() < COUNT; i++) {
        int label = (int) minibatch.labels()[i];
        if (++seen[label] == each) {
          chosen.add(i);
        }
      }
    }
    return chosen.stream()
        .map(
            i -> new Sample(classes.get((int) minibatch.labels()[i]), image(minibatch.images(), i)))
        .toList();
  }

  private static List<Sample> probe(CheckpointManifest manifest) {
    ByteBuffer images = ByteBuffer.wrap(manifest.probe().images());
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < images.capacity() / Minibatch.IMAGE_BYTES; i++) {
      samples.add(new Sample(null, image(images, i)));
    }
    return samples;
  }

  private static byte[] image(ByteBuffer images, int i) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    images.get(i * Minibatch.IMAGE_BYTES, pixels);
    return pixels;
  }
}
