package dev.millrace.stack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** The command lines and environments of a stack's processes. */
final class Processes {
  /**
   * For the engine. Big tensors stay mapped between operations; without that, training is three
   * times slower. Idle threads sleep: they would else spin on a core that the others have work for.
   */
  private static final Map<String, String> ENGINE =
      Map.of(
          "MALLOC_ARENA_MAX", "1",
          "MALLOC_MMAP_THRESHOLD_", "8589934592",
          "MALLOC_TRIM_THRESHOLD_", "8589934592",
          "MALLOC_TOP_PAD_", "268435456",
          "OMP_WAIT_POLICY", "passive");

  /** C2 compiles what is ten times hotter than usual: loops over pixels, and hashing. */
  private static final List<String> FEW_COMPILATIONS =
      List.of(
          "-XX:Tier4InvocationThreshold=50000",
          "-XX:Tier4MinInvocationThreshold=6000",
          "-XX:Tier4CompileThreshold=150000",
          "-XX:Tier4BackEdgeThreshold=400000");

  /**
   * The dataset, 184 MB, and little more: minibatches end in a young generation that holds those in
   * flight, and the old one grows by need.
   */
  private static final List<String> INGEST_OPTIONS =
      with(
          FEW_COMPILATIONS,
          "-Xms32m",
          "-Xmx512m",
          "-Xmn16m",
          "-XX:SurvivorRatio=2",
          "-XX:+UseSerialGC",
          "-XX:MinHeapFreeRatio=5",
          "-XX:MaxHeapFreeRatio=10");

  private static final List<String> TRAINER_OPTIONS =
      with(FEW_COMPILATIONS, "-Xmx384m", "-XX:+UseSerialGC");

  private final Home home;
  private final Ports ports;
  private final StackSettings settings;
  private final Path project;
  private final PrivateFiles files;

  /**
   * @param project the folder with the built modules
   */
  Processes(Home home, Ports ports, StackSettings settings, Path project) {
    this.home = home;
    this.ports = ports;
    this.settings = settings;
    this.project = project;
    this.files = new PrivateFiles(home);
  }

  ManagedProcess kafka() {
    return store(
        "kafka",
        List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        Broker.class.getName(),
        files.write("kafka.properties", Broker.properties(home, ports)).toString());
  }

  ManagedProcess s3() {
    Properties properties = new Properties();
    properties.put("s3proxy.endpoint", "http://127.0.0.1:" + ports.s3());
    properties.put("s3proxy.authorization", "aws-v2-or-v4");
    properties.put("s3proxy.identity", files.s3Keys().getProperty("accessKey"));
    properties.put("s3proxy.credential", files.s3Keys().getProperty("secretKey"));
    properties.put("jclouds.provider", "filesystem-nio2");
    properties.put("jclouds.filesystem.basedir", home.s3().toString());
    return store(
        "s3",
        with(FEW_COMPILATIONS, "-Xmx256m", "-XX:+UseSerialGC"),
        "org.gaul.s3proxy.Main",
        "--properties",
        files.write("s3.properties", properties).toString());
  }

  /** What holds the data: a program on the launcher's own class path. */
  private ManagedProcess store(String name, List<String> options, String... program) {
    String classPath = System.getProperty("java.class.path");
    ClassArchive archive =
        new ClassArchive(project.resolve("local-stack/target"), name, classPath, home.root());
    List<String> command = java(with(options, archive.options()), "-cp", classPath);
    command.addAll(List.of(program));
    return new ManagedProcess(home, name, command, Map.of(), archive::keep);
  }

  ManagedProcess ingest() {
    Map<String, String> environment = environment(ports.ingest());
    environment.put("MALLOC_ARENA_MAX", "1"); // more would keep what threads freed
    environment.put("MILLRACE_INGEST_DATASET", settings.dataset());
    environment.put("MILLRACE_INGEST_DATA_DIR", settings.dataDir());
    environment.put("MILLRACE_INGEST_SEED", Long.toString(settings.seed()));
    environment.put("MILLRACE_INGEST_BATCH_SIZE", Integer.toString(settings.batchSize()));
    environment.put("MILLRACE_INGEST_VALIDATION", settings.validation());
    environment.put("MILLRACE_INGEST_EPOCHS", Integer.toString(settings.epochs()));
    return service("ingest", INGEST_OPTIONS, environment);
  }

  ManagedProcess trainer() {
    return service("trainer", TRAINER_OPTIONS, trainerEnvironment());
  }

  /** A trainer that only writes an interim report of the run; its exit code is 0 if it did. */
  ProcessBuilder interimReport() {
    List<String> command = command("trainer", TRAINER_OPTIONS);
    command.add("report");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(trainerEnvironment());
    return builder;
  }

  private Map<String, String> trainerEnvironment() {
    Map<String, String> environment = environment(ports.trainer());
    environment.putAll(ENGINE);
    environment.put("MILLRACE_TRAINER_RUN", settings.run());
    environment.put("MILLRACE_TRAINER_ARCHITECTURE", settings.architecture());
    environment.put("MILLRACE_TRAINER_EPOCHS", Integer.toString(settings.epochs()));
    environment.put("MILLRACE_TRAINER_SEED", Long.toString(settings.seed()));
    environment.put("MILLRACE_TRAINER_LEARNING_RATE", Double.toString(settings.learningRate()));
    environment.put("MILLRACE_TRAINER_SCHEDULE", settings.schedule());
    return environment;
  }

  ManagedProcess inference() {
    Map<String, String> environment = environment(ports.inference());
    environment.putAll(ENGINE);
    environment.put("MALLOC_ARENA_MAX", "2"); // its threads compute, and allocate, side by side
    environment.put("MILLRACE_INFERENCE_RUN", settings.run());
    environment.put("MILLRACE_GRPC_HOST", "127.0.0.1");
    environment.put("MILLRACE_GRPC_PORT", Integer.toString(ports.inferenceGrpc()));
    environment.put("MILLRACE_INFERENCE_ADMIN_TOKEN", files.adminToken());
    return service("inference", List.of("-Xmx256m", "-XX:+UseSerialGC"), environment);
  }

  private Map<String, String> environment(int httpPort) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("MILLRACE_HTTP_HOST", "127.0.0.1");
    environment.put("MILLRACE_HTTP_PORT", Integer.toString(httpPort));
    environment.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + ports.kafka());
    environment.put("MILLRACE_S3_ENDPOINT", "http://127.0.0.1:" + ports.s3());
    environment.put("MILLRACE_S3_ACCESS_KEY", files.s3Keys().getProperty("accessKey"));
    environment.put("MILLRACE_S3_SECRET_KEY", files.s3Keys().getProperty("secretKey"));
    return environment;
  }

  private ManagedProcess service(
      String name, List<String> options, Map<String, String> environment) {
    return new ManagedProcess(home, name, command(name, options), environment, () -> {});
  }

  private List<String> command(String name, List<String> options) {
    Path jar = project.resolve(name + "-service/target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new StackException("%s is not built; run mvn package".formatted(jar));
    }
    return java(options, "-jar", jar.toString());
  }

  private static List<String> with(List<String> options, String... more) {
    return with(options, List.of(more));
  }

  private static List<String> with(List<String> options, List<String> more) {
    return Stream.concat(options.stream(), more.stream()).toList();
  }

  private List<String> java(List<String> options, String... rest) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(home.marker());
    command.add("-XX:-UsePerfData"); // read out twenty times a second otherwise
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(options);
    command.addAll(List.of(rest));
    return command;
  }
}
