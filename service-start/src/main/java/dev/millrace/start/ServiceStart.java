package dev.millrace.start;

import dev.millrace.start.settings.SettingsCheck;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusBindException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Runs a service in its {@code main}. What no restart can mend (a wrong setting, a taken port) ends
 * the process with one line that begins {@code millrace: } and with {@link #EX_CONFIG}.
 */
public final class ServiceStart {
  /** EX_CONFIG of sysexits.h: tells a supervisor that starting again would not help. */
  public static final int EX_CONFIG = 78;

  private ServiceStart() {}

  /**
   * Checks the settings, starts Quarkus and returns when the service has ended.
   *
   * @param settings the configuration interface of the service; see {@link SettingsCheck}
   */
  public static void run(Class<?> settings, String... arguments) {
    // Numbers in ids, keys and messages are written with the same digits everywhere.
    Locale.setDefault(Locale.ROOT);
    List<String> problems = SettingsCheck.problems(settings);
    if (!problems.isEmpty()) {
      problems.forEach(ServiceStart::say);
      System.exit(EX_CONFIG);
    }
    Quarkus.run(null, ServiceStart::ended, arguments);
  }

  private static void ended(int code, Throwable failure) {
    if (failure == null) {
      System.exit(code);
    }
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      root = cause;
      if (cause instanceof CannotStartException) {
        say(cause.getMessage());
        System.exit(EX_CONFIG);
      }
      if (cause instanceof QuarkusBindException refused) {
        say(
            "port %d of %s cannot be listened on: is another process there? Stop it or set MILLRACE_HTTP_PORT"
                .formatted(refused.getPort(), refused.getHost()));
        System.exit(EX_CONFIG);
      }
    }
    say("cannot start: " + root);
    System.exit(1);
  }

  /** Writes the line that a supervisor shows; several lines become one. */
  public static void say(String message) {
    System.err.println(
        "millrace: " + message.lines().map(String::strip).collect(Collectors.joining(" ")));
  }
}
