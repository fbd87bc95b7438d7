package dev.millrace.ingest.dataset.cifar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.ImageSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the real datasets from the folder {@code MILLRACE_DATA}, if it exists. */
class RealDataTest {
  private static final Path DATA =
      Path.of(Optional.ofNullable(System.getenv("MILLRACE_DATA")).orElse("../../shared/data"));

  @TempDir Path folder;

  private static void assertHolds(ImageSet images, List<CifarFiles.Labelled> expected) {
    assertThat(ImageArrays.labels(images))
        .isEqualTo(expected.stream().mapToInt(CifarFiles.Labelled::label).toArray());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(Arrays.equals(ImageArrays.pixels(images, i), expected.get(i).pixels()))
          .as("image %d", i)
          .isTrue();
    }
  }

  @Test
  void readsPartOfCifar100() throws Exception {
    Path archive = DATA.resolve("cifar-100-binary-partial.tar.xz");
    assumeTrue(
        Files.exists(archive),
        () -> "SKIPPED: no %s; set MILLRACE_DATA".formatted(archive.toAbsolutePath().normalize()));
    Process tar =
        new ProcessBuilder("tar", "-xJf", archive.toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    Dataset dataset = CifarFormat.CIFAR100.read(folder);
    Path root = folder.resolve("cifar-100-binary");
    assertThat(dataset.train().size()).isEqualTo(1_117);
    assertThat(dataset.test().size()).isEqualTo(916);
    assertHolds(dataset.train(), CifarFiles.read(2, List.of(root.resolve("train.bin"))));
    assertHolds(dataset.test(), CifarFiles.read(2, List.of(root.resolve("test.bin"))));
    assertThat(dataset.description().classes()).startsWith("apple", "aquarium_fish").hasSize(100);
  }

  @Test
  void readsUnpackedCifar10() throws Exception {
    assumeTrue(
        CifarFormat.CIFAR10.isIn(DATA),
        () ->
            "SKIPPED: no %s; set MILLRACE_DATA"
                .formatted(CifarFormat.CIFAR10.folder(DATA).toAbsolutePath().normalize()));
    Dataset dataset = CifarFormat.CIFAR10.read(DATA);
    Path root = CifarFormat.CIFAR10.folder(DATA);
    assertThat(dataset.train().size()).isEqualTo(50_000);
    assertHolds(dataset.test(), CifarFiles.read(1, List.of(root.resolve("test_batch.bin"))));
    for (int label = 0; label < 10; label++) {
      int wanted = label;
      assertThat(Arrays.stream(ImageArrays.labels(dataset.train())).filter(l -> l == wanted))
          .hasSize(5_000);
    }
  }
}
