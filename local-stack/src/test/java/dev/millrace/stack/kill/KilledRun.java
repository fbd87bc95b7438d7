package dev.millrace.stack.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.stack.Stack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** One run of a campaign. It saves a checkpoint every few steps, so that many kills hit one. */
final class KilledRun implements AutoCloseable {
  private static final Duration CLOSE_WATCH = Duration.ofNanos(200_000);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(40);
  private static final int CHECKPOINT_EVERY_STEPS = 7;
  private static final String EPOCHS = "4";
  private static final String RUN = "pictures-quick";

  private final Stack stack;
  private final Path run;

  KilledRun(Path home, Path pictures, int partitions) throws IOException {
    stack =
        new Stack(home)
            .with("MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS", CHECKPOINT_EVERY_STEPS)
            .with("MILLRACE_INGEST_PARTITIONS", partitions);
    run = stack.run(RUN, "");
    stack.up("--dataset", pictures.toString(), "--epochs", EPOCHS, "--batch-size", "8");
  }

  /**
   * Waits for the moment of a kill, and kills the processes.
   *
   * @return whether the moment came before the run's end
   */
  boolean suffer(Kill kill, Random random) throws IOException, InterruptedException {
    if (kill.atRandom()) {
      Duration delay = Duration.ofMillis(2_000 + random.nextInt(6_000));
      await().pollDelay(delay).atMost(delay.plusSeconds(5)).until(() -> true);
    } else if (!awaited(moment(kill))) {
      return false;
    }
    if (isComplete()) {
      return false;
    }
    if (kill == Kill.LAUNCHER_AND_ALL_AT_RANDOM) {
      stack.killLauncher();
    }
    kill.processes().forEach(stack::kill);
    if (kill == Kill.LAUNCHER_AND_ALL_AT_RANDOM) {
      stack.up();
    }
    return true;
  }

  private boolean awaited(Callable<Boolean> moment) {
    try {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(CLOSE_WATCH)
          .atMost(LONGEST_WAIT)
          .until(() -> isComplete() || moment.call());
      return !isComplete();
    } catch (ConditionTimeoutException e) {
      // The moment always fell between two polls. It does not count as a kill.
      return false;
    }
  }

  private Callable<Boolean> moment(Kill kill) throws IOException {
    return switch (kill) {
      case TRAINER_INSIDE_CHECKPOINT, STORE_INSIDE_CHECKPOINT -> {
        Set<String> old = names("checkpoints");
        yield () ->
            names("checkpoints").stream()
                .filter(id -> !old.contains(id))
                .anyMatch(id -> !Files.exists(manifest(id)));
      }
      case TRAINER_AT_EPOCH_END -> {
        Set<String> old = names("metrics");
        yield () -> !old.containsAll(names("metrics"));
      }
      case TRAINER_BEFORE_BEST -> {
        Set<String> old = names("metrics");
        yield () -> !old.containsAll(names("metrics")) && newestHasManifest();
      }
      case TRAINER_BEFORE_COMMIT -> {
        FileTime old = bestChanged();
        yield () -> !bestChanged().equals(old);
      }
      default -> throw new IllegalArgumentException(kill.text());
    };
  }

  /** Returns whether the last checkpoint of the newest epoch is complete. */
  private boolean newestHasManifest() throws IOException {
    String epoch = names("metrics").stream().max(String::compareTo).orElseThrow();
    String last =
        names("checkpoints").stream()
            .filter(id -> id.startsWith(epoch.replace(".json", "")))
            .max(String::compareTo)
            .orElse("");
    return Files.exists(manifest(last));
  }

  private Path manifest(String id) {
    return run.resolve("checkpoints").resolve(id).resolve("manifest.json");
  }

  private Set<String> names(String child) throws IOException {
    Path parent = run.resolve(child);
    if (!Files.exists(parent)) {
      return Set.of();
    }
    try (Stream<Path> entries = Files.list(parent)) {
      return entries.map(path -> path.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private FileTime bestChanged() throws IOException {
    Path best = run.resolve("best.json");
    return Files.exists(best) ? Files.getLastModifiedTime(best) : FileTime.fromMillis(0);
  }

  private boolean isComplete() {
    return Files.exists(run.resolve("report/report.json"));
  }

  Outcome toTheEnd() throws IOException, InterruptedException {
    await()
        .atMost(Stack.PATIENCE)
        .failFast("the launcher ended; " + stack.said(), () -> !stack.isAlive())
        .until(this::isComplete);
    for (String process : List.of("trainer", "ingest")) {
      String log = Files.readString(stack.home.log(process));
      assertThat(log).as(process).doesNotContain("ended unexpectedly");
    }
    return Outcome.of(run);
  }

  @Override
  public void close() throws Exception {
    stack.close();
  }
}
