package dev.millrace.stack.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses shells as child processes. */
class ManagedProcessIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path folder;
  private Home home;
  private final List<String> news = new ArrayList<>();

  @BeforeEach
  void createHome() {
    home = new Home(folder.resolve("home"));
    home.create();
  }

  private ManagedProcess started(String script, int port) {
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", script).directory(folder.toFile());
    ManagedProcess process = new ManagedProcess(home, "trainer", port, shell);
    process.start();
    return process;
  }

  /** Calls {@code restartIfEnded} until the process is given up. */
  private ProcessFailedException failure(ManagedProcess process) {
    return catchThrowableOfType(
        ProcessFailedException.class,
        () ->
            await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(
                    () -> {
                      String said = process.restartIfEnded();
                      if (said != null) {
                        news.add(said);
                      }
                      return false;
                    }));
  }

  @Test
  void givesUpAfterThreeEqualExits() throws Exception {
    Files.writeString(home.log("trainer"), "millrace: of an earlier run\n");
    ProcessFailedException failure =
        failure(started("echo noise; echo 'millrace: no room for more'; exit 5", freePort()));
    assertThat(failure.exitCode()).isEqualTo(5);
    assertThat(failure)
        .hasMessage(
            "trainer ended 3 times in a row with code 5 and is not restarted: no room for more (log: %s)",
            home.log("trainer"));
    assertThat(news)
        .hasSize(2)
        .first()
        .isEqualTo(
            "trainer ended with code 5 and is restarted in 0.2 s: no room for more (log: %s)"
                .formatted(home.log("trainer")));
  }

  @Test
  void showsTheLastLogLineIfThereIsNoMessage() throws Exception {
    Files.writeString(home.log("trainer"), "millrace: of an earlier run\n");
    ProcessFailedException failure =
        failure(
            started(
                "echo first; echo Error: boot loader; printf '\\tat x\\n\\n'; exit 0", freePort()));
    assertThat(failure.exitCode()).as("0 is no success here").isEqualTo(1);
    assertThat(failure)
        .hasMessageContaining("with code 0")
        .hasMessageContaining("Error: boot loader");
  }

  @Test
  void restartsAfterDifferentExits() throws Exception {
    ManagedProcess process =
        started("echo x >> lives; echo \"millrace: life $(wc -l < lives)\"; exit 5", freePort());
    try {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                String said = process.restartIfEnded();
                if (said != null) {
                  news.add(said);
                }
                return news.size() == 4;
              });
    } finally {
      process.stop(PATIENCE);
    }
    assertThat(news.get(3)).contains("life 4");
  }

  @Test
  void exitCodesForPeopleEndTheStackAtOnce() throws Exception {
    for (int code :
        new int[] {CommandFailedException.EX_CONFIG, CommandFailedException.EX_UNAVAILABLE}) {
      ProcessFailedException failure =
          failure(started("echo 'millrace: set it'; exit " + code, freePort()));
      assertThat(failure).hasMessage("set it");
      assertThat(failure.exitCode()).isEqualTo(code);
      assertThat(failure.isExit("trainer", code)).isTrue();
      assertThat(failure.isExit("ingest", code)).isFalse();
    }
    assertThat(news).isEmpty();
  }

  @Test
  void countsKillsOnlyBeforeTheProcessAnswers() throws Exception {
    ProcessFailedException failure = failure(started("kill -9 $$", freePort()));
    assertThat(failure.exitCode()).isEqualTo(137);

    news.clear();
    try (ServerSocket answering = new ServerSocket(0, 50, InetAddress.getByName(Ports.HOST))) {
      ManagedProcess process = started("sleep 60", answering.getLocalPort());
      for (int kills = 1; kills <= 5; kills++) {
        assertThat(process.restartIfEnded()).as("it lives").isNull();
        ProcessHandle child =
            ProcessHandle.of(Long.parseLong(Files.readString(home.pid("trainer")).strip()))
                .orElseThrow();
        child.destroyForcibly();
        child.onExit().join();
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .until(() -> process.restartIfEnded() != null);
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .until(
                () -> {
                  process.restartIfEnded();
                  return ProcessHandle.of(
                          Long.parseLong(Files.readString(home.pid("trainer")).strip()))
                      .filter(ProcessHandle::isAlive)
                      .isPresent();
                });
      }
      process.stop(PATIENCE);
    }
  }

  @Test
  void namesAMissingProgram() {
    ProcessBuilder none = new ProcessBuilder(folder.resolve("none").toString());
    ManagedProcess process = new ManagedProcess(home, "kafka", 1, none);
    assertThatThrownBy(process::start)
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("cannot start kafka");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(Ports.HOST))) {
      return free.getLocalPort();
    }
  }
}
