package dev.millrace.inference;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.net.BindException;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the service. What no restart can mend ends it with one line and {@link #EX_CONFIG}. */
@QuarkusMain
public final class InferenceService {
  /** The exit code that tells a supervisor not to start it again. */
  static final int EX_CONFIG = 78;

  private InferenceService() {}

  public static void main(String... args) {
    Optional<String> problem = SettingsCheck.problem();
    if (problem.isPresent()) {
      stop(problem.get());
    }
    Quarkus.run(null, InferenceService::ended, args);
  }

  private static void ended(Integer code, Throwable failure) {
    boolean taken =
        Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
            .anyMatch(cause -> cause instanceof BindException);
    if (taken) {
      int port = ConfigProvider.getConfig().getValue("quarkus.http.port", Integer.class);
      stop("port %d is taken; stop what listens there or set MILLRACE_HTTP_PORT".formatted(port));
    }
    System.exit(code);
  }

  /** Ends the process. */
  static void stop(String reason) {
    System.err.println("millrace: " + reason);
    System.exit(EX_CONFIG);
  }
}
