package dev.millrace.ingest.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SyntheticDatasetTest {
  private final Dataset dataset = SyntheticDataset.draw();

  @Test
  void isTheSameOnEveryMachine() {
    assertThat(dataset.description().digest())
        .isEqualTo("54fd83b2ea58307a352987a679d16c24911844696e410d566dfb883d241236dc");
    assertThat(SyntheticDataset.draw().description()).isEqualTo(dataset.description());
  }

  @Test
  void hasTenClassesOfEqualSize() {
    assertThat(dataset.description().classes()).hasSize(10).doesNotHaveDuplicates();
    assertThat(dataset.train().size()).isEqualTo(5_000);
    assertThat(dataset.test().size()).isEqualTo(1_000);
    for (int label = 0; label < 10; label++) {
      int wanted = label;
      assertThat(Arrays.stream(ImageArrays.labels(dataset.train())).filter(l -> l == wanted))
          .hasSize(500);
      assertThat(Arrays.stream(ImageArrays.labels(dataset.test())).filter(l -> l == wanted))
          .hasSize(100);
    }
  }

  @Test
  void hasNoDuplicates() {
    long distinct =
        Stream.of(dataset.train(), dataset.test())
            .flatMap(
                images ->
                    IntStream.range(0, images.size())
                        .mapToObj(i -> ByteBuffer.wrap(ImageArrays.pixels(images, i))))
            .distinct()
            .count();
    assertThat(distinct).isEqualTo(6_000);
  }
}
