package dev.millrace.ingest.dataset.cifar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.protocol.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFormatTest {
  @TempDir Path folder;

  private static void assertHolds(ImageSet images, List<CifarFiles.Labelled> expected) {
    assertThat(images.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(images.label(i)).isEqualTo(expected.get(i).label());
      assertThat(ImageArrays.pixels(images, i)).isEqualTo(expected.get(i).pixels());
    }
  }

  @Test
  void readsCifar10() throws IOException {
    Path root = CifarFiles.cifar10(folder, 7);
    Dataset dataset = CifarFormat.CIFAR10.read(folder);
    List<Path> train =
        List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5")
            .stream()
            .map(name -> root.resolve(name + ".bin"))
            .toList();
    assertHolds(dataset.train(), CifarFiles.read(1, train));
    assertHolds(dataset.test(), CifarFiles.read(1, List.of(root.resolve("test_batch.bin"))));
    assertThat(dataset.description().name()).isEqualTo("cifar10");
    assertThat(dataset.description().classes())
        .hasSize(10)
        .startsWith("airplane")
        .endsWith("truck");
    assertThat(dataset.description().normalization()).isEqualTo(Normalization.CIFAR10);
  }

  @Test
  void readsCifar100ByItsFineLabels() throws IOException {
    Path root = CifarFiles.cifar100(folder, 23, 11);
    Dataset dataset = CifarFormat.CIFAR100.read(folder);
    assertHolds(dataset.train(), CifarFiles.read(2, List.of(root.resolve("train.bin"))));
    assertHolds(dataset.test(), CifarFiles.read(2, List.of(root.resolve("test.bin"))));
    assertThat(dataset.description().classes()).hasSize(100).startsWith("fine0").endsWith("fine99");
    assertThat(dataset.description().normalization()).isEqualTo(Normalization.CIFAR100);
  }

  @Test
  void digestDependsOnEveryByteAndLabel() throws IOException {
    Path root = CifarFiles.cifar10(folder, 3);
    String before = CifarFormat.CIFAR10.read(folder).description().digest();
    assertThat(CifarFormat.CIFAR10.read(folder).description().digest()).isEqualTo(before);
    Path file = root.resolve("data_batch_5.bin");
    byte[] bytes = Files.readAllBytes(file);
    for (int at : new int[] {0, bytes.length - 1}) {
      byte[] changed = bytes.clone();
      changed[at] ^= 1;
      Files.write(file, changed);
      assertThat(CifarFormat.CIFAR10.read(folder).description().digest()).isNotEqualTo(before);
    }
  }

  private void assertRefused(CifarFormat format, Path file, String... says) {
    assertThatThrownBy(() -> format.read(folder))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(says)
        .hasMessageContaining("unpack " + format.datasetName() + "'s binary archive again");
  }

  @Test
  void namesTruncatedEmptyAndMissingFiles() throws IOException {
    Path root = CifarFiles.cifar10(folder, 3);
    Path file = root.resolve("data_batch_3.bin");
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {whole.length - 1, 3072, 1, 0}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertRefused(CifarFormat.CIFAR10, file, length + " bytes", "records of 3073 bytes");
    }
    Files.delete(file);
    assertRefused(CifarFormat.CIFAR10, file, "cannot read");
  }

  @Test
  void rejectsAFileOfTheOtherFormat() throws IOException {
    Path root = CifarFiles.cifar10(folder, 3);
    Path other = CifarFiles.cifar100(folder, 5, 5).resolve("train.bin");
    Path file = root.resolve("data_batch_1.bin");
    Files.copy(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(CifarFormat.CIFAR10, file, "records of 3073 bytes");
  }

  @Test
  void namesTheRecordOfALabelOutOfRange() throws IOException {
    Path file = CifarFiles.cifar10(folder, 3).resolve("test_batch.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[2 * 3073] = 10;
    Files.write(file, bytes);
    assertRefused(CifarFormat.CIFAR10, file, "record 2: label 10", "10 classes");
    bytes[2 * 3073] = (byte) 0xff;
    Files.write(file, bytes);
    assertRefused(CifarFormat.CIFAR10, file, "record 2: label 255");
    Path fine = CifarFiles.cifar100(folder, 3, 3).resolve("train.bin");
    bytes = Files.readAllBytes(fine);
    bytes[3074 + 1] = 100;
    Files.write(fine, bytes);
    assertRefused(CifarFormat.CIFAR100, fine, "record 1: label 100", "100 classes");
  }

  @Test
  void refusesNamesThatDoNotFitTheClasses() throws IOException {
    Path names = CifarFiles.cifar10(folder, 3).resolve("batches.meta.txt");
    Files.writeString(names, "eleventh\n", StandardOpenOption.APPEND);
    assertRefused(CifarFormat.CIFAR10, names, "names 11 classes", "cifar10 has 10");
    Files.write(names, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertRefused(CifarFormat.CIFAR10, names, "cannot read");
    Files.delete(names);
    assertRefused(CifarFormat.CIFAR10, names, "cannot read");
  }

  @Test
  void readsImagesBeyondTheMemoryLimitFromTheFiles() throws IOException {
    CifarFiles.cifar10(folder, 7);
    CifarFiles.cifar100(folder, 23, 11);
    for (CifarFormat format : CifarFormat.values()) {
      Dataset held = format.read(folder);
      Dataset mapped = format.read(folder, 1);
      assertThat(mapped.description()).isEqualTo(held.description());
      assertThat(ImageArrays.pixels(mapped.train())).isEqualTo(ImageArrays.pixels(held.train()));
      assertThat(ImageArrays.labels(mapped.test())).isEqualTo(ImageArrays.labels(held.test()));
    }
  }

  @Test
  void unpackedFolderMayBeTheDataFolder() throws IOException {
    Path ten = CifarFiles.cifar10(folder, 2);
    Path hundred = CifarFiles.cifar100(folder, 2, 2);
    assertThat(CifarFormat.CIFAR10.isIn(ten)).isTrue();
    assertThat(CifarFormat.CIFAR10.isIn(hundred)).isFalse();
    assertThat(CifarFormat.CIFAR100.isIn(hundred)).isTrue();
    assertThat(CifarFormat.CIFAR10.read(ten).description())
        .isEqualTo(CifarFormat.CIFAR10.read(folder).description());
    assertThat(CifarFormat.CIFAR100.read(hundred).train().size()).isEqualTo(2);
  }

  @Test
  void namesAnArchiveThatWasNotPublished() throws IOException {
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    Files.write(archive, new byte[100]);
    assertThat(unpack(CifarFormat.CIFAR10).orElseThrow())
        .contains(archive.toString(), "not the published archive", "170052171 bytes");
    assertThat(unpack(CifarFormat.CIFAR100).orElseThrow()).contains("cifar-100-binary is missing");
  }

  @Test
  void namesTheVersionForPython() throws IOException {
    for (String file :
        new String[] {
          "cifar-10-batches-py/batches.meta", "cifar-10-python.tar.gz", "batches.meta"
        }) {
      Path at = folder.resolve(file);
      Files.createDirectories(at.getParent());
      Files.write(at, new byte[1]);
      assertThat(unpack(CifarFormat.CIFAR10).orElseThrow()).contains("is the version for Python");
      assertThat(unpack(CifarFormat.CIFAR100).orElseThrow()).contains("is missing");
      Files.delete(at);
      Files.deleteIfExists(folder.resolve("cifar-10-batches-py"));
    }
    for (String file : new String[] {"cifar-100-python.tar.gz", "meta"}) {
      Files.write(folder.resolve(file), new byte[1]);
      assertThat(unpack(CifarFormat.CIFAR100).orElseThrow())
          .contains(file + " is the version for Python");
      Files.delete(folder.resolve(file));
    }
    Files.createDirectories(folder.resolve("cifar-100-python"));
    assertThat(unpack(CifarFormat.CIFAR100).orElseThrow())
        .contains("cifar-100-python is the version for Python");
  }

  @Test
  void existsOnceTheArchiveIsUnpacked() throws IOException {
    assertThat(CifarFormat.CIFAR10.isIn(folder)).isFalse();
    CifarFiles.cifar10(folder, 1);
    assertThat(CifarFormat.CIFAR10.isIn(folder)).isTrue();
    assertThat(CifarFormat.CIFAR100.isIn(folder)).isFalse();
    assertThat(CifarFormat.named("cifar10")).contains(CifarFormat.CIFAR10);
    assertThat(CifarFormat.named("cifar100")).contains(CifarFormat.CIFAR100);
    assertThat(CifarFormat.named("CIFAR10")).isEmpty();
  }

  private Optional<String> unpack(CifarFormat format) {
    return new CifarInstaller(format, folder, state -> {}).unpack();
  }
}
