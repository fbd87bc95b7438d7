package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.dataset.cifar.CifarFiles;
import dev.millrace.ingest.dataset.cifar.CifarFiles.Labelled;
import dev.millrace.protocol.Split;
import dev.millrace.testing.ServiceProcess;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The images on Kafka are the dataset's; the test reads both without the service's code. */
class PixelsIT {
  private static final int PIXELS = 3072;

  @TempDir Path folder;

  @Test
  void everyImageInKafkaIsOneOfTheDataset() throws Exception {
    try (IngestFixture fixture = IngestFixture.running(folder, "PixelsIT");
        ServiceProcess ingest = fixture.ingest("EPOCHS", "2")) {
      IngestFixture.awaitState(ingest, "complete");
      Path root = folder.resolve("cifar-10-batches-bin");
      List<Path> files =
          IntStream.rangeClosed(1, 5)
              .mapToObj(i -> root.resolve("data_batch_%d.bin".formatted(i)))
              .toList();
      List<Labelled> training = CifarFiles.read(1, files);
      List<Labelled> testing = CifarFiles.read(1, List.of(root.resolve("test_batch.bin")));

      List<Labelled> test = images(fixture, Split.TEST, 0);
      assertThat(test).hasSize(40);
      for (int i = 0; i < test.size(); i++) {
        assertThat(test.get(i).pixels()).isEqualTo(testing.get(i).pixels());
        assertThat(test.get(i).label()).isEqualTo(testing.get(i).label());
      }

      Map<ByteBuffer, Integer> originals = new HashMap<>();
      for (int i = 0; i < training.size(); i++) {
        originals.put(ByteBuffer.wrap(training.get(i).pixels()), i);
      }
      Set<Integer> held = sources(images(fixture, Split.VALIDATION, 0), originals, training);
      assertThat(held).hasSize(20);

      Map<ByteBuffer, Integer> windows = new HashMap<>();
      for (int i = 0; i < training.size(); i++) {
        for (int place = 0; place < 81; place++) {
          for (boolean flip : new boolean[] {false, true}) {
            byte[] window = window(training.get(i).pixels(), place % 9, place / 9, flip);
            windows.put(ByteBuffer.wrap(window), i);
          }
        }
      }
      Set<Integer> rest = new HashSet<>(IntStream.range(0, 200).boxed().toList());
      rest.removeAll(held);
      for (int epoch = 1; epoch <= 2; epoch++) {
        List<Labelled> images = images(fixture, Split.TRAIN, epoch);
        assertThat(images).hasSize(180);
        assertThat(sources(images, windows, training)).isEqualTo(rest);
      }
    }
  }

  /** Returns the file's images that these are, and checks their labels. */
  private static Set<Integer> sources(
      List<Labelled> images, Map<ByteBuffer, Integer> known, List<Labelled> originals) {
    Set<Integer> sources = new HashSet<>();
    for (Labelled image : images) {
      Integer source = known.get(ByteBuffer.wrap(image.pixels()));
      assertThat(source).isNotNull();
      assertThat(originals.get(source).label()).isEqualTo(image.label());
      sources.add(source);
    }
    return sources;
  }

  private static byte[] window(byte[] image, int left, int top, boolean flip) {
    byte[] result = new byte[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      int x = (flip ? 31 - i % 32 : i % 32) + left - 4;
      int y = i / 32 % 32 + top - 4;
      boolean inside = x >= 0 && x < 32 && y >= 0 && y < 32;
      result[i] = inside ? image[i / 1024 * 1024 + y * 32 + x] : 0;
    }
    return result;
  }

  /** Returns an epoch's images in order, and checks the digest of the epoch's end. */
  private static List<Labelled> images(IngestFixture fixture, Split split, int epoch)
      throws Exception {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    String stream = null;
    byte[] digest = null;
    List<Labelled> images = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : fixture.broker().records(split.topic())) {
      if (!header(record, "millrace-epoch").equals(Integer.toString(epoch))) {
        continue;
      }
      if (stream == null) {
        stream = header(record, "millrace-stream");
        digest = sha.digest((stream + "/" + split.wireName() + "/" + epoch).getBytes());
      }
      if (header(record, "millrace-kind").equals("epoch-end")) {
        String end = new String(record.value(), StandardCharsets.UTF_8);
        assertThat(end)
            .contains("\"digest\":\"%s\"".formatted(HexFormat.of().formatHex(digest)))
            .contains("\"images\":" + images.size());
        return images;
      }
      sha.update(digest);
      digest = sha.digest(record.value());
      unpack(record.value(), images);
    }
    throw new AssertionError("no epoch-end of epoch " + epoch);
  }

  /** Reads pixels and labels of eight bytes, which follow the header's length and JSON. */
  private static void unpack(byte[] value, List<Labelled> to) {
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    int data = 8 + (int) bytes.getLong();
    int count = (value.length - data) / (PIXELS + 8);
    for (int i = 0; i < count; i++) {
      byte[] pixels = new byte[PIXELS];
      bytes.get(data + i * PIXELS, pixels);
      to.add(new Labelled((int) bytes.getLong(data + count * PIXELS + i * 8), pixels));
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
