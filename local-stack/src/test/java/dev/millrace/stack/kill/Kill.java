package dev.millrace.stack.kill;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A kind of kill: the processes to kill, and the moment. */
enum Kill {
  TRAINER_AT_RANDOM(List.of("trainer")),
  INGEST_AT_RANDOM(List.of("ingest")),
  BROKER_AT_RANDOM(List.of("kafka")),
  STORE_AT_RANDOM(List.of("s3")),
  ALL_AT_RANDOM(List.of("kafka", "s3", "ingest", "trainer", "inference")),
  /** Kills the launcher too, and calls {@code up} again. */
  LAUNCHER_AND_ALL_AT_RANDOM(List.of("kafka", "s3", "ingest", "trainer", "inference")),
  /** The checkpoint's weights exist and its manifest does not. */
  TRAINER_INSIDE_CHECKPOINT(List.of("trainer")),
  STORE_INSIDE_CHECKPOINT(List.of("s3")),
  /** The epoch's metrics exist and its checkpoint does not. */
  TRAINER_AT_EPOCH_END(List.of("trainer")),
  /** The epoch's checkpoint exists and the pointer to the best checkpoint is not updated yet. */
  TRAINER_BEFORE_BEST(List.of("trainer")),
  /** The pointer to the best checkpoint has just changed. The offsets are committed after that. */
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

  /** Returns four kills for a run. Every kind is among them about once in three runs. */
  static List<Kill> plan(Random random, int run) {
    List<Kill> random4 = new ArrayList<>(List.of(values()));
    Collections.shuffle(random4, random);
    // The first kill cycles through all kinds, whatever the seed. The other three are random.
    Kill first = values()[run % values().length];
    random4.remove(first);
    random4.add(0, first);
    return List.copyOf(random4.subList(0, 4));
  }
}
