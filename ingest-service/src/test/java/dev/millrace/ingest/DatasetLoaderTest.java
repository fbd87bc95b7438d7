package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.cifar.CifarFiles;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that do not name a dataset are refused with a message. */
class DatasetLoaderTest {
  private static final String UNDECODABLE = "caf\ufffd";

  @TempDir Path folder;

  private static DatasetLoader loader(String... settings) {
    SmallRyeConfigBuilder config = new SmallRyeConfigBuilder().withMapping(IngestConfig.class);
    for (int i = 0; i < settings.length; i += 2) {
      config.withDefaultValue("millrace.ingest." + settings[i], settings[i + 1]);
    }
    config.withDefaultValue("user.home", "/nowhere");
    config.addDefaultInterceptors();
    return new DatasetLoader(
        config.build().getConfigMapping(IngestConfig.class), ReadingProgress.SILENT);
  }

  private static void assertRefused(DatasetLoader loader, String... says) {
    assertThatThrownBy(loader::load)
        .isExactlyInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void refusesANameThatTheLocaleCannotExpress() {
    assertRefused(
        loader("dataset", folder.resolve("zoo").toString() + UNDECODABLE),
        "MILLRACE_INGEST_DATASET",
        "LC_ALL=C.UTF-8");
    assertRefused(loader("dataset", "nul\0"), "MILLRACE_INGEST_DATASET");
  }

  @Test
  void refusesADataFolderThatIsAFile() throws IOException {
    Path file = Files.createFile(folder.resolve("cifar-10-binary.tar.gz"));
    assertRefused(
        loader("dataset", "cifar10", "data-dir", file.toString()),
        "MILLRACE_INGEST_DATA_DIR=" + file,
        "allowed: a folder");
    assertRefused(
        loader("dataset", "cifar10", "data-dir", "?/.cache/millrace"),
        "no home folder",
        "MILLRACE_INGEST_DATA_DIR");
  }

  @Test
  void refusesMoreMemoryThanTheHeapHas() {
    assertRefused(
        loader("dataset", "cifar10", "dataset-memory-mb", "2000000"),
        "MILLRACE_INGEST_DATASET_MEMORY_MB=2000000: allowed: up to",
        "-Xmx");
  }

  @Test
  void findsTheUnpackedFolderWithAnyMemoryLimit() throws Exception {
    Path cifar = CifarFiles.cifar10(folder, 3);
    for (String dataDir : new String[] {folder.toString(), cifar.toString()}) {
      for (String memory : new String[] {"0", "1"}) {
        DatasetLoader loader =
            loader("dataset", "cifar10", "data-dir", dataDir, "dataset-memory-mb", memory);
        assertThat(loader.load().train().size()).isEqualTo(15);
      }
    }
  }
}
