package dev.millrace.protocol.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the values that identify a stream, a position in it, and the content of an epoch. */
class StreamIdentityTest {
  private static final DatasetDescription DATASET =
      new DatasetDescription("d", "abc", List.of("x", "y"), Normalization.CIFAR10);

  private static StreamDescription stream(long seed, int batchSize, String validation) {
    return new StreamDescription(DATASET, "a/1", seed, batchSize, validation, 90, 10, 20, 1);
  }

  @Test
  void everySettingThatChangesTheBytesChangesTheId() {
    Set<String> ids =
        Stream.of(
                stream(0, 8, "holdout"),
                stream(1, 8, "holdout"),
                stream(0, 9, "holdout"),
                stream(0, 8, "test"),
                new StreamDescription(DATASET, "a/2", 0, 8, "holdout", 90, 10, 20, 1),
                new StreamDescription(DATASET, "a/1", 0, 8, "holdout", 89, 11, 20, 1),
                new StreamDescription(DATASET, "a/1", 0, 8, "holdout", 90, 10, 20, 2))
            .map(StreamDescription::id)
            .collect(Collectors.toSet());
    assertThat(ids).hasSize(7).allMatch(id -> id.matches("[0-9a-f]{16}"));
    assertThat(stream(0, 8, "holdout").id()).isEqualTo(stream(0, 8, "holdout").id());
  }

  @Test
  void idDoesNotDependOnTheLocale() {
    EpochDigest digest = EpochDigest.begin("s", Split.TRAIN, 12);
    String id = stream(0, 8, "holdout").id();
    Locale before = Locale.getDefault();
    try {
      for (String locale : new String[] {"ar-EG", "tr-TR", "fa-IR", "hi-IN-u-nu-deva"}) {
        Locale.setDefault(Locale.forLanguageTag(locale));
        assertThat(EpochDigest.begin("s", Split.TRAIN, 12)).as(locale).isEqualTo(digest);
        assertThat(stream(0, 8, "holdout").id()).isEqualTo(id);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void lastMinibatchMayBeSmaller() {
    StreamDescription stream = stream(0, 8, "holdout");
    assertThat(stream.batches(Split.TRAIN)).isEqualTo(12);
    assertThat(stream.batches(Split.VALIDATION)).isEqualTo(2);
    assertThat(stream.batches(Split.TEST)).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"90,8,1", "90,8,3", "96,8,5", "90,8,64", "7,8,2"})
  void everyMinibatchIsOnExactlyOnePartition(int images, int batchSize, int partitions) {
    StreamDescription stream =
        new StreamDescription(DATASET, "a/1", 0, batchSize, "test", images, 20, 20, partitions);
    int[] batches = new int[partitions];
    int[] held = new int[partitions];
    for (int batch = 0; batch < stream.batches(Split.TRAIN); batch++) {
      batches[stream.partition(batch)]++;
      held[stream.partition(batch)] += Math.min(batchSize, images - batch * batchSize);
    }
    for (int partition = 0; partition < partitions; partition++) {
      assertThat(stream.batches(Split.TRAIN, partition)).isEqualTo(batches[partition]);
      assertThat(stream.images(Split.TRAIN, partition)).isEqualTo(held[partition]);
    }
    assertThat(stream.batches(Split.TEST, 0)).isEqualTo(stream.batches(Split.TEST));
    assertThat(stream.images(Split.TEST, 0)).isEqualTo(20);
  }

  @Test
  void digestDependsOnEveryMinibatchAndTheirOrder() {
    EpochDigest begin = EpochDigest.begin("s", Split.TRAIN, 1);
    byte[] a = {1};
    byte[] b = {2};
    assertThat(begin.add(a).add(b)).isEqualTo(begin.add(a).add(b));
    assertThat(
            Set.of(
                begin,
                begin.add(a),
                begin.add(a).add(b),
                begin.add(b).add(a),
                EpochDigest.begin("s", Split.TRAIN, 2).add(a).add(b),
                EpochDigest.begin("t", Split.TRAIN, 1).add(a).add(b)))
        .hasSize(6);
  }

  @Test
  void readsBackHeadersAndNamesDamagedOnes() {
    MinibatchHeaders headers = new MinibatchHeaders("id", Split.TRAIN, 3, 17, Kind.MINIBATCH);
    assertThat(MinibatchHeaders.from(headers.toMap()::get)).isEqualTo(headers);

    for (String name : headers.toMap().keySet()) {
      Map<String, byte[]> missing = new HashMap<>(headers.toMap());
      missing.remove(name);
      assertThatThrownBy(() -> MinibatchHeaders.from(missing::get))
          .isInstanceOf(MalformedException.class)
          .hasMessageContaining(name);
      if (!name.equals("millrace-stream")) {
        Map<String, byte[]> nonsense = new HashMap<>(headers.toMap());
        nonsense.put(name, "-1x".getBytes(UTF_8));
        assertThatThrownBy(() -> MinibatchHeaders.from(nonsense::get))
            .isInstanceOf(MalformedException.class)
            .hasMessageContaining("-1x");
      }
    }
  }

  @Test
  void rejectsJsonThatIsNotAnEvent() {
    for (String json : List.of("", "null", "[]", "{\"epoch\":\"x\"}", "{\"type\":\"NO_SUCH\"}")) {
      assertThatThrownBy(() -> Json.read(json.getBytes(UTF_8), TrainingEvent.class))
          .as(json)
          .isInstanceOf(MalformedException.class);
    }
  }
}
