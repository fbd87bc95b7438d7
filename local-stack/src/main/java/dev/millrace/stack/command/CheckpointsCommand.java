package dev.millrace.stack.command;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.StoredJson;
import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace checkpoints}: lists the complete checkpoints of a home's run. */
@Command(
    name = "checkpoints",
    mixinStandardHelpOptions = true,
    description = "Lists the checkpoints of a home's run. The stack need not be running.")
public final class CheckpointsCommand implements Callable<Integer> {
  @Mixin private HomeOption home;

  @Override
  public Integer call() throws IOException {
    Home home = this.home.existing();
    String run = StackSettings.required(home).run();
    String bestId = bestId(home.best(run));
    CommandFailedException damaged = null;
    for (Path file : manifests(home.checkpoints(run))) {
      try {
        CheckpointManifest manifest =
            StoredJson.read(
                file,
                CheckpointManifest.class,
                "remove its folder; the trainer resumes from another checkpoint");
        System.out.println(line(manifest, bestId));
      } catch (CommandFailedException e) {
        damaged = e; // thrown after all readable checkpoints are listed
      }
    }
    if (damaged != null) {
      throw damaged;
    }
    return 0;
  }

  private static String bestId(Path file) {
    return Files.exists(file)
        ? StoredJson.read(file, BestCheckpoint.class, "run millrace up, or remove it").checkpoint()
        : null;
  }

  private static String line(CheckpointManifest manifest, String bestId) {
    Double accuracy = manifest.validationAccuracy();
    return "%s  %s%s"
        .formatted(
            manifest.id(),
            accuracy == null
                ? "saved in mid-epoch"
                : "validation accuracy %.2f %%".formatted(100 * accuracy),
            Objects.equals(manifest.id(), bestId) ? "  best" : "");
  }

  private static List<Path> manifests(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> ids = Files.list(folder)) {
      return ids.map(id -> id.resolve("manifest.json")).filter(Files::exists).sorted().toList();
    }
  }
}
