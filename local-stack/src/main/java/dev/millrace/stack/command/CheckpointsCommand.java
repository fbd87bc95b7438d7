package dev.millrace.stack.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.StackException;
import dev.millrace.stack.home.StoredJson;
import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace checkpoints}: lists the complete checkpoints of a home's run. */
@Command(
    name = "checkpoints",
    mixinStandardHelpOptions = true,
    description = "Lists the checkpoints of a home's run; the stack need not run.")
public final class CheckpointsCommand implements Callable<Integer> {
  @Mixin private HomeOption home;

  @Override
  public Integer call() throws IOException {
    Home home = this.home.existing();
    StackSettings settings =
        StackSettings.stored(home)
            .orElseThrow(() -> new StackException("there is no run in --home " + home.root()));
    Path folder = home.checkpoints(settings.run());
    Path best = folder.resolveSibling("best.json");
    String bestId =
        Files.exists(best)
            ? StoredJson.read(best, "run millrace up, or remove it").path("checkpoint").asText()
            : "";
    StackException damaged = null;
    for (Path manifest : manifests(folder)) {
      try {
        tell(
            StoredJson.read(manifest, "remove its folder; the trainer goes on from another"),
            bestId);
      } catch (StackException e) {
        damaged = e; // thrown after all readable checkpoints are listed
      }
    }
    if (damaged != null) {
      throw damaged;
    }
    return 0;
  }

  private static void tell(JsonNode manifest, String bestId) {
    String id = manifest.path("id").asText();
    JsonNode accuracy = manifest.path("metrics").path("validationAccuracy");
    System.out.printf(
        "%s  %s%s%n",
        id,
        accuracy.isNumber()
            ? "validation accuracy %.2f %%".formatted(100 * accuracy.asDouble())
            : "in mid-epoch",
        id.equals(bestId) ? "  best" : "");
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
