package dev.millrace.stack;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace status}: exit code 0 if all processes of a home are alive, else 3. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Says which processes of a home are alive.")
final class StatusCommand implements Callable<Integer> {
  private static final int NOT_RUNNING = 3;

  @Mixin private Millrace.HomeOption home;

  @Override
  public Integer call() {
    Home home = this.home.home();
    StackSettings.stored(home)
        .ifPresent(
            s -> System.out.printf("run %s: %s, %d epochs%n", s.run(), s.dataset(), s.epochs()));
    boolean all = true;
    for (String process : Supervisor.PROCESSES) {
      Optional<ProcessHandle> living = home.living(process);
      all &= living.isPresent();
      System.out.printf(
          "%-10s %s%n", process, living.map(p -> "pid " + p.pid()).orElse("not running"));
    }
    return all ? 0 : NOT_RUNNING;
  }
}
