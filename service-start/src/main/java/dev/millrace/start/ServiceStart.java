package dev.millrace.start;

import dev.millrace.start.settings.SettingsCheck;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusBindException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Starts a service from its {@code main} method. A problem that a restart cannot fix, such as an
 * invalid setting or a port in use, ends the process with the exit code {@link #EX_CONFIG} and one
 * line that begins with {@code millrace: }.
 */
public final class ServiceStart {
  /** EX_CONFIG of sysexits.h: tells a process supervisor that a restart would not help. */
  public static final int EX_CONFIG = 78;

  private ServiceStart() {}

  /**
   * Checks the settings, starts Quarkus and returns after the service has stopped.
   *
   * @param settings the configuration interface of the service; see {@link SettingsCheck}
   */
  public static void run(Class<?> settings, String... arguments) {
    // Format numbers in ids, keys and messages with the same digits in every locale.
    Locale.setDefault(Locale.ROOT);
    List<String> problems = SettingsCheck.problems(settings);
    if (!problems.isEmpty()) {
      problems.forEach(ServiceStart::printMessage);
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
        printMessage(cause.getMessage());
        System.exit(EX_CONFIG);
      }
      if (cause instanceof QuarkusBindException refused) {
        printMessage(
            "cannot listen on port %d of %s; stop the process that listens there, or set MILLRACE_HTTP_PORT"
                .formatted(refused.getPort(), refused.getHost()));
        System.exit(EX_CONFIG);
      }
    }
    printMessage("cannot start: " + root);
    System.exit(1);
  }

  /**
   * Writes a message to standard error as one line, which a supervisor shows; line breaks are
   * replaced.
   */
  public static void printMessage(String message) {
    System.err.println(
        "millrace: " + message.lines().map(String::strip).collect(Collectors.joining(" ")));
  }
}
