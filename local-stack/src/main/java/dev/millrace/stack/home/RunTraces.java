package dev.millrace.stack.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The traces that a run has left in a home. If there are none, the next {@code up} may use other
 * options.
 */
public final class RunTraces {
  private static final String MINIBATCHES = "millrace.minibatches.";

  private final Home home;

  public RunTraces(Home home) {
    this.home = home;
  }

  /** Returns whether there is a stream, the description of a run or a checkpoint. */
  public boolean exist() {
    return hasStream()
        || anyIn(home.runs(), run -> Files.exists(run.resolve("run.json")))
        || hasCheckpoint();
  }

  private boolean hasStream() {
    return anyIn(
        home.kafka(),
        partition ->
            partition.getFileName().toString().startsWith(MINIBATCHES)
                && anyIn(
                    partition,
                    file -> file.toString().endsWith(".log") && file.toFile().length() > 0));
  }

  /** Returns whether there is a checkpoint. */
  public boolean hasCheckpoint() {
    return anyIn(
        home.runs(),
        run -> anyIn(run.resolve("checkpoints"), id -> Files.exists(id.resolve("manifest.json"))));
  }

  private static boolean anyIn(Path folder, Predicate<Path> wanted) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.anyMatch(wanted);
    } catch (IOException e) {
      throw new CommandFailedException("cannot read %s (%s)".formatted(folder, Reason.of(e)));
    }
  }

  /** Removes the stream and the runs. Refuses to remove checkpoints. */
  public void clear() {
    if (hasCheckpoint()) {
      throw new CommandFailedException(
          "--home %s now has checkpoints; run millrace up again".formatted(home.root()));
    }
    for (Path folder : new Path[] {home.kafka(), home.runs()}) {
      if (Files.exists(folder)) {
        remove(folder);
      }
    }
    home.create();
  }

  private static void remove(Path folder) {
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : (Iterable<Path>) entries.sorted((a, b) -> b.compareTo(a))::iterator) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new CommandFailedException("cannot remove %s (%s)".formatted(folder, Reason.of(e)));
    }
  }
}
