package dev.millrace.stack.process;

import dev.millrace.stack.broker.Broker;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.PrivateFiles;
import dev.millrace.stack.settings.Proxies;
import dev.millrace.stack.settings.ServiceSettings;
import dev.millrace.stack.settings.ShellEnvironment;
import dev.millrace.stack.settings.StackSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** The command lines and environments of a stack's processes. */
public final class Processes {
  /**
   * The heap holds the dataset, 184 MB for CIFAR-10, and little more. The young generation holds
   * the minibatches in flight, which die there. These options keep ingest 100 MB smaller than
   * Java's defaults do. Fewer compiled methods save another 15 MB.
   */
  private static final List<String> INGEST_OPTIONS =
      List.of(
          "-Xms32m",
          "-Xmx512m",
          "-XX:+UseSerialGC",
          "-Xmn16m",
          "-XX:SurvivorRatio=2",
          "-XX:MinHeapFreeRatio=5",
          "-XX:CompileThresholdScaling=4");

  /** The trainer reads the whole test split. 1 GB holds that of a dataset of a million images. */
  private static final List<String> TRAINER_OPTIONS = List.of("-Xmx1g", "-XX:+UseSerialGC");

  private final Home home;
  private final Ports ports;
  private final ServiceSettings own;
  private final Path project;
  private final ShellEnvironment shell;
  private final Proxies proxies;
  private final PrivateFiles files;

  /**
   * Creates the processes of a stack.
   *
   * @param project the folder with the built modules
   */
  public Processes(
      Home home, Ports ports, StackSettings settings, Path project, ShellEnvironment shell) {
    this.home = home;
    this.ports = ports;
    this.own = new ServiceSettings(home, ports, settings);
    this.project = project;
    this.shell = shell;
    this.proxies = new Proxies(shell);
    this.files = new PrivateFiles(home);
  }

  /** Returns a message for each setting of the user's environment that the stack does not use. */
  List<String> unusedSettings() {
    return Stream.concat(
            own.overridden(shell.settings()).stream()
                .map(name -> name + " of the environment is not used; the launcher sets it itself"),
            proxies.unusable().stream())
        .toList();
  }

  public ManagedProcess kafka() {
    files.write("kafka.properties", Broker.properties(ports));
    return store(
        "kafka",
        ports.kafka(),
        List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        Broker.class.getName(),
        "run/kafka.properties");
  }

  public ManagedProcess s3() {
    Properties properties = new Properties();
    properties.put("s3proxy.endpoint", "http://" + Ports.HOST + ":" + ports.s3());
    properties.put("s3proxy.authorization", "aws-v2-or-v4");
    properties.put("s3proxy.identity", files.s3Keys().getProperty("accessKey"));
    properties.put("s3proxy.credential", files.s3Keys().getProperty("secretKey"));
    properties.put("jclouds.provider", "filesystem-nio2");
    // Must be absolute: with a relative path the server lists no objects.
    properties.put("jclouds.filesystem.basedir", home.s3().toString());
    files.write("s3.properties", properties);
    return store(
        "s3",
        ports.s3(),
        List.of("-Xmx256m", "-XX:+UseSerialGC"),
        "org.gaul.s3proxy.Main",
        "--properties",
        "run/s3.properties");
  }

  /** Returns the process of Kafka or S3. It runs on the launcher's own class path, in the home. */
  private ManagedProcess store(String name, int port, List<String> options, String... program) {
    String classPath = System.getProperty("java.class.path");
    List<String> command = java(name, options, "-cp", classPath);
    command.addAll(List.of(program));
    return new ManagedProcess(home, name, port, builder(command, home.root(), Map.of(), Map.of()));
  }

  public ManagedProcess ingest() {
    return service(
        "ingest", ports.ingest(), with(INGEST_OPTIONS, proxies.options()), Map.of(), own.ingest());
  }

  public ManagedProcess trainer() {
    return service("trainer", ports.trainer(), TRAINER_OPTIONS, shell.engine(home), own.trainer());
  }

  /**
   * Returns a trainer process that writes an interim report of the run and exits with 0 on success.
   */
  public ProcessBuilder interimReport() {
    List<String> command = command("trainer", TRAINER_OPTIONS);
    command.add("report");
    return builder(command, home.logs(), shell.engine(home), own.trainer());
  }

  public ManagedProcess inference() {
    return service(
        "inference",
        ports.inference(),
        List.of("-Xmx256m", "-XX:+UseSerialGC"),
        shell.engine(home),
        own.inference());
  }

  /**
   * Returns the process of a service. It runs in the logs folder, because a service reads files
   * such as {@code .env} from its working directory.
   */
  private ManagedProcess service(
      String name,
      int port,
      List<String> options,
      Map<String, String> engine,
      Map<String, String> environment) {
    return new ManagedProcess(
        home, name, port, builder(command(name, options), home.logs(), engine, environment));
  }

  /**
   * Returns the builder of a process.
   *
   * @param engine variables of the user's environment for the engine
   * @param settings variables that override the user's; if empty, the process is no service and
   *     gets neither
   */
  private ProcessBuilder builder(
      List<String> command, Path folder, Map<String, String> engine, Map<String, String> settings) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(shell.basic());
    environment.putAll(engine);
    if (!settings.isEmpty()) {
      environment.putAll(shell.settings());
      environment.putAll(settings);
    }
    return builder;
  }

  private List<String> command(String name, List<String> options) {
    Path jar = project.resolve(name + "-service/target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new CommandFailedException("%s is missing; run mvn -DskipTests package".formatted(jar));
    }
    return java(name, options, "-jar", jar.toString());
  }

  private static List<String> with(List<String> options, List<String> more) {
    return Stream.concat(options.stream(), more.stream()).toList();
  }

  private List<String> java(String name, List<String> options, String... rest) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(home.marker());
    command.add(Home.marker(name));
    command.add("-Djava.io.tmpdir=" + shell.temporaryFolder());
    command.add("-XX:-UsePerfData"); // otherwise the JVM samples counters 20 times a second
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(options);
    command.addAll(List.of(rest));
    return command;
  }
}
