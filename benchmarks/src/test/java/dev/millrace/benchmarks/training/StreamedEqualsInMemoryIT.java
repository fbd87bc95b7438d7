package dev.millrace.benchmarks.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.benchmarks.process.StackRun;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.trainer.loop.TrainerTelemetry;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Tests that training through Kafka, S3 and three processes gives bit-identical weights. */
class StreamedEqualsInMemoryIT {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final int EPOCHS = 2;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void streamedRunEndsWithTheWeightsOfAPlainLoop(int recordsPerStep, @TempDir Path folder)
      throws Exception {
    Path dataset = Files.createDirectory(folder.resolve("shades"));
    writeImages(dataset);
    RunOptions options = new RunOptions();
    new CommandLine(new Holder(options))
        .parseArgs(
            "--dataset=" + dataset,
            "--epochs=" + EPOCHS,
            "--batch-size=32",
            "--seed=5",
            "--learning-rate=0.02",
            "--records-per-step=" + recordsPerStep);

    CheckpointManifest plain =
        InProcessRun.train(options, InMemoryStream.of(options.source()), new TrainerTelemetry() {});
    CheckpointManifest streamed = stream(options, folder.resolve("home"));

    assertThat(streamed.epoch()).isEqualTo(EPOCHS);
    assertThat(streamed.stream()).isEqualTo(plain.stream());
    assertThat(streamed.step()).isEqualTo(plain.step());
    assertThat(streamed.recipe()).isEqualTo(plain.recipe());
    assertThat(streamed.progress().digests()).isEqualTo(plain.progress().digests());
    assertThat(streamed.weights().sha256()).isEqualTo(plain.weights().sha256());
    assertThat(streamed.optimizer().sha256()).isEqualTo(plain.optimizer().sha256());
    assertThat(streamed.metrics()).isEqualTo(plain.metrics());
  }

  private static CheckpointManifest stream(RunOptions options, Path home) throws Exception {
    Files.createDirectory(home);
    Stream<String> arguments =
        Stream.concat(options.launcher().stream(), Stream.of("--exit-after-training"));
    try (StackRun stack = new StackRun(PROJECT, home, arguments.toList(), options.environment())) {
      stack.awaitEnd();
      try (Stream<Path> files = Files.walk(stack.bucket())) {
        Path newest =
            files
                .filter(f -> f.endsWith("manifest.json"))
                .sorted()
                .reduce((a, b) -> b)
                .orElseThrow();
        assertThat(newest.getParent().resolve(CheckpointStore.WEIGHTS)).exists();
        return Json.read(Files.readAllBytes(newest), CheckpointManifest.class);
      }
    }
  }

  /** Writes images whose classes are darker and lighter noise. */
  private static void writeImages(Path dataset) throws IOException {
    Random random = new Random(1);
    for (String name : new String[] {"dark", "middle", "light"}) {
      Path folder = Files.createDirectory(dataset.resolve(name));
      int base = name.equals("dark") ? 0 : name.equals("middle") ? 80 : 160;
      for (int i = 0; i < 60; i++) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 32 * 32; p++) {
          int shade = base + random.nextInt(90);
          image.setRGB(p % 32, p / 32, shade << 16 | shade << 8 | random.nextInt(256));
        }
        ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
      }
    }
  }

  /** A command that has only the options of a run. */
  @CommandLine.Command
  private record Holder(@CommandLine.Mixin RunOptions options) {}
}
