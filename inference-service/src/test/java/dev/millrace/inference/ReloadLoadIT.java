package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reloads under load. By default a short form; the whole is
 *
 * <pre>
 * mvn -pl inference-service -am verify -Dtest=none -Dit.test=ReloadLoadIT \\
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \\
 *     -Dmillrace.load.clients=64 -Dmillrace.load.reloads=100
 * </pre>
 */
class ReloadLoadIT {
  @TempDir private Path home;

  @Test
  void noRequestFailsAndEveryAnswerIsThatOfTheCheckpointItNames() throws Exception {
    int clients = Integer.getInteger("millrace.load.clients", 64);
    int reloads = Integer.getInteger("millrace.load.reloads", 10);

    ReloadLoad.Result result = ReloadLoad.run(home, clients, reloads);

    System.out.println(result);
    assertThat(result.failures()).isEmpty();
    assertThat(result.wrong()).isZero();
    // Each took over, and the first was there before.
    assertThat(result.checkpoints()).isEqualTo(reloads + 1);
  }
}
