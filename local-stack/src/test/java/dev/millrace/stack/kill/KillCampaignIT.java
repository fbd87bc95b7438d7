package dev.millrace.stack.kill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.stack.ColourImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the processes of runs by SIGKILL, at random and at critical moments. Each run must end with
 * weights and metrics bit-identical to those of an undisturbed run, for any number of partitions. A
 * campaign of several runs:
 *
 * <pre>mvn verify -pl local-stack -am -Dit.test=KillCampaignIT -Dkills.runs=12 -Dkills.seed=1</pre>
 */
class KillCampaignIT {
  private static final int RUNS = Integer.getInteger("kills.runs", 1);
  private static final long SEED = Long.getLong("kills.seed", 20_261_124L);

  /** Kept for inspection if a test fails. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private static Path folder;

  @Test
  void killedRunsEndWithTheSameBits() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 200, 0.3);
    Outcome undisturbed;
    try (KilledRun run = new KilledRun(folder.resolve("undisturbed"), pictures, 1)) {
      undisturbed = run.toTheEnd();
    }
    Map<Kill, Integer> kills = new EnumMap<>(Kill.class);
    List<String> hashes = new ArrayList<>();
    Random random = new Random(SEED);
    for (int i = 1; i <= RUNS; i++) {
      List<Kill> plan = Kill.plan(random, i);
      int partitions = 1 + i % 3;
      try (KilledRun run = new KilledRun(folder.resolve("run-" + i), pictures, partitions)) {
        for (Kill kill : plan) {
          if (run.suffer(kill, random)) {
            kills.merge(kill, 1, Integer::sum);
          }
        }
        Outcome outcome = run.toTheEnd();
        hashes.add(outcome.weights());
        assertThat(outcome)
            .as("run %d with seed %d, %d partitions, killed %s", i, SEED, partitions, plan)
            .isEqualTo(undisturbed);
        System.out.printf("run %d ended the same; kills so far %s%n", i, kills);
      }
    }
    report(kills, hashes, undisturbed);
    assertThat(kills.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(2 * RUNS);
  }

  private static void report(Map<Kill, Integer> kills, List<String> hashes, Outcome undisturbed) {
    int all = kills.values().stream().mapToInt(Integer::intValue).sum();
    long equal = hashes.stream().filter(undisturbed.weights()::equals).count();
    System.out.printf(
        "kill campaign, seed %d: %d kills in %d runs (%s); %d of %d runs ended with weights %s%n",
        SEED,
        all,
        hashes.size(),
        kills.entrySet().stream()
            .map(e -> "%s %d".formatted(e.getKey().text(), e.getValue()))
            .collect(Collectors.joining(", ")),
        equal,
        hashes.size(),
        undisturbed.weights());
  }
}
