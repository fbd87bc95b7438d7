package dev.millrace.stack.kill;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** What is killed, and when. */
enum Kill {
  TRAINER_AT_RANDOM(List.of("trainer")),
  INGEST_AT_RANDOM(List.of("ingest")),
  BROKER_AT_RANDOM(List.of("kafka")),
  STORE_AT_RANDOM(List.of("s3")),
  ALL_AT_RANDOM(List.of("kafka", "s3", "ingest", "trainer", "inference")),
  /** The launcher too; {@code up} is called again. */
  LAUNCHER_AND_ALL_AT_RANDOM(List.of("kafka", "s3", "ingest", "trainer", "inference")),
  /** A checkpoint's weights are there and its manifest is not. */
  TRAINER_INSIDE_CHECKPOINT(List.of("trainer")),
  STORE_INSIDE_CHECKPOINT(List.of("s3")),
  /** An epoch's metrics are there and its checkpoint is not. */
  TRAINER_AT_EPOCH_END(List.of("trainer")),
  /** An epoch's checkpoint is there and the best pointer does not know of it. */
  TRAINER_BEFORE_BEST(List.of("trainer")),
  /** The best pointer has just changed; offsets are committed after that. */
  TRAINER_BEFORE_COMMIT(List.of("trainer"));

  private final List<String> processes;

  Kill(List<String> processes) {
    this.processes = processes;
  }

  List<String> processes() {
    return processes;
  }

  boolean atRandom() {
    return name().endsWith("AT_RANDOM");
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Four kills a run, so that each kind comes about once in three runs. */
  static List<Kill> plan(Random random, int run) {
    List<Kill> random4 = new ArrayList<>(List.of(values()));
    Collections.shuffle(random4, random);
    // Each kind in turn, whatever the seed, then three by chance.
    Kill first = values()[run % values().length];
    random4.remove(first);
    random4.add(0, first);
    return List.copyOf(random4.subList(0, 4));
  }
}
