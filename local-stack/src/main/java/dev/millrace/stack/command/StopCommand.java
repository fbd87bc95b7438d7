package dev.millrace.stack.command;

import dev.millrace.stack.home.Home;
import dev.millrace.stack.process.ManagedProcess;
import dev.millrace.stack.process.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code millrace stop}: stops a home's launcher, or the processes that a killed launcher left
 * running.
 */
@Command(
    name = "stop",
    mixinStandardHelpOptions = true,
    description = "Stops all processes of a home.")
public final class StopCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Mixin private HomeOption home;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Home home = this.home.existing();
    Optional<ProcessHandle> launcher = home.processes().launcher();
    if (launcher.isPresent()) {
      ManagedProcess.stop(launcher.get(), PATIENCE);
    }
    Supervisor.stopOrphans(home);
    Files.deleteIfExists(home.pid("millrace"));
    System.out.println("stopped");
    return 0;
  }
}
