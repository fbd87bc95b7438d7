package dev.millrace.stack.command;

import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.process.Supervisor;
import dev.millrace.stack.progress.ServiceHealth;
import dev.millrace.stack.progress.Wait;
import dev.millrace.stack.progress.WaitWatch;
import dev.millrace.stack.settings.StackSettings;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace status}: exits with 0 if all processes of a home are running, else with 3. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows which processes of a home are running, and what they wait for.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:all are running",
      "1:the home does not exist or is damaged",
      "3:at least one is not running"
    })
public final class StatusCommand implements Callable<Integer> {
  private static final int NOT_RUNNING = 3;

  @Mixin private HomeOption home;

  @Override
  public Integer call() throws InterruptedException {
    Home home = this.home.existing();
    StackSettings.stored(home)
        .ifPresent(
            s -> System.out.printf("run %s: %s, %d epochs%n", s.run(), s.dataset(), s.epochs()));
    boolean all = true;
    boolean any = false;
    for (String process : Supervisor.PROCESSES) {
      Optional<ProcessHandle> living = home.processes().running(process);
      all &= living.isPresent();
      any |= living.isPresent();
      System.out.printf(
          "%-10s %s%n", process, living.map(p -> "pid " + p.pid()).orElse("not running"));
    }
    if (any) {
      printWaits(Ports.of(home));
    }
    return all ? 0 : NOT_RUNNING;
  }

  private static void printWaits(Ports ports) throws InterruptedException {
    var source = new WaitWatch.OfStack(ports, Clock.systemUTC(), new ServiceHealth());
    for (Wait wait : source.waits()) {
      System.out.println(wait.text(Instant.now()));
    }
  }
}
