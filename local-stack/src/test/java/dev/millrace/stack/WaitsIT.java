package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher says while a service waits for another one. */
class WaitsIT {
  private static final String WAITS = "trainer waits for ";

  @TempDir private Path folder;

  @Test
  void aTrainerWithoutMinibatchesIsSaidOnceAndInTheStatus() throws Exception {
    Path pictures = Pictures.folder(folder.resolve("pictures"), 60);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      // Ingest stays near the trainer, so that little is left to train when it stands still.
      stack
          .with("MILLRACE_INGEST_LEAD_MINIBATCHES", 8)
          .with("MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS", 4)
          .up("--dataset", pictures.toString(), "--epochs", "1000", "--batch-size", "8");
      stack.awaitSaid("step ");
      stack.pause("ingest");
      stack.awaitSaid(WAITS);
      assertThat(stack.command("status").output()).contains(WAITS);

      stack.resume("ingest");
      await().atMost(Stack.PATIENCE).until(() -> !stack.command("status").output().contains(WAITS));
      assertThat(stack.said().lines().filter(line -> line.startsWith(WAITS)).map(WaitsIT::what))
          .as(stack.said())
          .doesNotHaveDuplicates();
    }
  }

  private static String what(String line) {
    return line.replaceFirst(" \\(\\d+ s\\)$", "");
  }
}
