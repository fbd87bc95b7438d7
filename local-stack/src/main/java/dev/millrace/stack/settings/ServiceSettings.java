package dev.millrace.stack.settings;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** The environment variables that the launcher sets for the services. They override the user's. */
public final class ServiceSettings {
  private static final Map<String, String> ENGINE = engine();

  private final Ports ports;
  private final StackSettings settings;
  private final PrivateFiles files;

  public ServiceSettings(Home home, Ports ports, StackSettings settings) {
    this.ports = ports;
    this.settings = settings;
    this.files = new PrivateFiles(home);
  }

  /** Reads the engine's variables, which module model keeps. */
  private static Map<String, String> engine() {
    Properties properties = new Properties();
    try (InputStream in = ServiceSettings.class.getResourceAsStream("/engine.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("engine.properties cannot be read", e);
    }
    Map<String, String> variables = new HashMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> variables.put(name, properties.getProperty(name)));
    return variables;
  }

  /** Returns the names that the user has set and that the launcher sets to another value. */
  public List<String> overridden(Map<String, String> user) {
    return Stream.of(ingest(), trainer(), inference())
        .flatMap(own -> own.entrySet().stream())
        .filter(own -> !own.getValue().equals(user.getOrDefault(own.getKey(), own.getValue())))
        .map(Map.Entry::getKey)
        .distinct()
        .sorted()
        .toList();
  }

  public Map<String, String> ingest() {
    Map<String, String> environment = environment(ports.ingest());
    environment.put("MALLOC_ARENA_MAX", "1"); // more arenas would keep freed memory
    environment.put("MILLRACE_INGEST_DATASET", literal(settings.dataset()));
    environment.put("MILLRACE_INGEST_DATA_DIR", literal(settings.dataDir()));
    environment.put("MILLRACE_INGEST_SEED", Long.toString(settings.seed()));
    environment.put("MILLRACE_INGEST_BATCH_SIZE", Integer.toString(settings.batchSize()));
    environment.put("MILLRACE_INGEST_VALIDATION", settings.validation());
    environment.put("MILLRACE_EPOCHS", Integer.toString(settings.epochs()));
    environment.put("MILLRACE_INGEST_REPLICA_INDEX", "0"); // the launcher starts one
    return environment;
  }

  public Map<String, String> trainer() {
    Map<String, String> environment = environment(ports.trainer());
    environment.putAll(ENGINE);
    environment.put("MILLRACE_TRAINER_RUN", settings.run());
    environment.put("MILLRACE_TRAINER_ARCHITECTURE", settings.architecture());
    environment.put("MILLRACE_EPOCHS", Integer.toString(settings.epochs()));
    environment.put("MILLRACE_TRAINER_SEED", Long.toString(settings.seed()));
    environment.put("MILLRACE_TRAINER_LEARNING_RATE", Double.toString(settings.learningRate()));
    environment.put("MILLRACE_TRAINER_SCHEDULE", settings.schedule());
    environment.put(
        "MILLRACE_TRAINER_EXIT_WHEN_FINISHED", "false"); // otherwise the launcher would restart it
    return environment;
  }

  public Map<String, String> inference() {
    Map<String, String> environment = environment(ports.inference());
    environment.putAll(ENGINE);
    environment.put("MALLOC_ARENA_MAX", "2"); // its threads allocate concurrently
    environment.put("MILLRACE_INFERENCE_RUN", settings.run());
    environment.put("MILLRACE_GRPC_HOST", Ports.HOST);
    environment.put("MILLRACE_GRPC_PORT", Integer.toString(ports.inferenceGrpc()));
    environment.put("MILLRACE_INFERENCE_ADMIN_TOKEN", files.adminToken());
    return environment;
  }

  /** Escapes a path: the services' configuration expands expressions that begin with a dollar. */
  private static String literal(String path) {
    if (path.contains("\\$")) {
      throw new CommandFailedException(
          "%s has a backslash before a dollar sign in its name, which a setting cannot express; rename the folder"
              .formatted(path));
    }
    return path.replace("$", "$$");
  }

  private Map<String, String> environment(int httpPort) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("MILLRACE_HTTP_HOST", Ports.HOST);
    environment.put("MILLRACE_HTTP_PORT", Integer.toString(httpPort));
    environment.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", Ports.HOST + ":" + ports.kafka());
    environment.put("MILLRACE_S3_ENDPOINT", "http://" + Ports.HOST + ":" + ports.s3());
    environment.put("MILLRACE_S3_BUCKET", Home.BUCKET);
    environment.put("MILLRACE_S3_ACCESS_KEY", files.s3Keys().getProperty("accessKey"));
    environment.put("MILLRACE_S3_SECRET_KEY", files.s3Keys().getProperty("secretKey"));
    return environment;
  }
}
