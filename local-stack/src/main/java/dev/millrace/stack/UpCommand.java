package dev.millrace.stack;

import static dev.millrace.stack.StackSettings.choose;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace up}: streams, trains, serves, until Ctrl-C or the run's end. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Starts everything, trains, serves; again with the same home, goes on.")
final class UpCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String UNAVAILABLE = "dataset %s not available";

  @Mixin private Millrace.HomeOption home;

  @Option(
      names = "--dataset",
      paramLabel = "cifar10|cifar100|synthetic|PATH",
      description = "what to learn (default: cifar10)")
  private String dataset;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "where the CIFAR archives are unpacked (default: ~/.cache/millrace)")
  private Path dataDir;

  @Option(
      names = "--recipe",
      paramLabel = "quick|reference",
      description =
          "quick: one-cycle, peak 0.05, 12 epochs; reference: multistep, 0.01, 200 epochs (default:"
              + " quick)")
  private String recipe;

  @Option(names = "--epochs", paramLabel = "N", description = "overrides the recipe's")
  private Integer epochs;

  @Option(names = "--batch-size", paramLabel = "N", description = "images a step (default: 128)")
  private Integer batchSize;

  @Option(names = "--seed", paramLabel = "N", description = "of everything random (default: 0)")
  private Long seed;

  @Option(names = "--learning-rate", paramLabel = "X", description = "overrides the recipe's")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "multistep|step|cosine|one-cycle",
      description = "overrides the recipe's")
  private String schedule;

  @Option(names = "--architecture", paramLabel = "NAME", description = "default: tinyimagenet")
  private String architecture;

  @Option(
      names = "--validation",
      paramLabel = "holdout|test",
      description = "where the images come from that choose the best epoch (default: holdout)")
  private String validation;

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "shifts all ports")
  private int portOffset;

  @Option(names = "--exit-after-training", description = "stops all at the run's end and reports")
  private boolean exitAfterTraining;

  @Override
  public Integer call() throws Exception {
    Home home = this.home.home();
    StackSettings settings = settings(home);
    home.create();
    try (FileChannel channel =
            FileChannel.open(
                home.run("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new StackException(
            "a stack is running in --home %s; see millrace status".formatted(home.root()));
      }
      Supervisor.stopOrphans(home);
      Ports ports = new Ports(portOffset);
      ports.requireFree();
      settings.store(home);
      Files.writeString(home.pid("millrace"), ProcessHandle.current().pid() + "\n");
      try {
        return supervise(home, ports, settings);
      } finally {
        Files.deleteIfExists(home.pid("millrace"));
      }
    }
  }

  private StackSettings settings(Home home) {
    StackSettings stored = StackSettings.stored(home).orElse(null);
    boolean have = stored != null;
    String chosen = choose("--recipe", recipe, have ? stored.recipe() : null, "quick");
    if (!chosen.equals("quick") && !chosen.equals("reference")) {
      throw new StackException("--recipe is '%s'; allowed: quick, reference".formatted(chosen));
    }
    boolean quick = chosen.equals("quick");
    String directory = dataDir == null ? null : dataDir.toAbsolutePath().normalize().toString();
    return new StackSettings(
        choose("--dataset", dataset, have ? stored.dataset() : null, "cifar10"),
        choose(
            "--data-dir",
            directory,
            have ? stored.dataDir() : null,
            Path.of(System.getProperty("user.home"), ".cache", "millrace").toString()),
        chosen,
        choose("--epochs", epochs, have ? stored.epochs() : null, quick ? 12 : 200),
        choose("--batch-size", batchSize, have ? stored.batchSize() : null, 128),
        choose("--seed", seed, have ? stored.seed() : null, 0L),
        choose(
            "--learning-rate",
            learningRate,
            have ? stored.learningRate() : null,
            quick ? 0.05 : 0.01),
        choose(
            "--schedule",
            schedule,
            have ? stored.schedule() : null,
            quick ? "one-cycle" : "multistep"),
        choose("--architecture", architecture, have ? stored.architecture() : null, "tinyimagenet"),
        choose("--validation", validation, have ? stored.validation() : null, "holdout"));
  }

  private int supervise(Home home, Ports ports, StackSettings settings) throws Exception {
    Console console = new Console(System.out, System.console() != null);
    console.say(
        "run %s in %s; logs in %s"
            .formatted(settings.run(), home.root(), home.root().resolve("logs")));
    try {
      return runStack(home, ports, settings, console);
    } catch (StackException e) {
      if (!e.getMessage().startsWith(UNAVAILABLE.formatted(settings.dataset()))) {
        throw e;
      }
      console.say("");
      console.say("*** " + e.getMessage());
      console.say("*** going on with the SYNTHETIC dataset instead");
      console.say("");
      StackSettings synthetic = settings.withDataset("synthetic");
      synthetic.store(home);
      return runStack(home, ports, synthetic, console);
    }
  }

  private int runStack(Home home, Ports ports, StackSettings settings, Console console)
      throws Exception {
    Path project = Path.of(System.getProperty("millrace.project", "."));
    Supervisor supervisor = new Supervisor(home, ports, settings, project, console);
    Thread stopper = new Thread(new Stopper(Thread.currentThread()), "stop");
    Runtime.getRuntime().addShutdownHook(stopper);
    boolean orderly = false;
    try (supervisor) {
      supervisor.start();
      console.say("Kafka, S3 and the services are starting");
      try (ProgressReader progress = new ProgressReader(ports.kafka(), console)) {
        watch(home, ports, settings, supervisor, console);
      }
      orderly = true;
    } catch (InterruptedException e) {
      console.say("stopping");
    } finally {
      if (!Stopper.isShuttingDown()) {
        Runtime.getRuntime().removeShutdownHook(stopper);
      }
    }
    if (orderly) {
      System.out.println(Files.readString(home.report(settings.run()).resolve("report.md")));
    }
    return 0;
  }

  /** Returns when the run is complete and that is what was waited for. */
  private void watch(
      Home home, Ports ports, StackSettings settings, Supervisor supervisor, Console console)
      throws InterruptedException {
    boolean served = false;
    boolean finished = false;
    while (true) {
      supervisor.heal();
      if (!served && ready(ports)) {
        served = true;
        console.say(
            "serving: curl -H 'Content-Type: image/png' --data-binary @IMAGE.png http://127.0.0.1:%d/v1/predict"
                .formatted(ports.inference()));
      }
      if (!finished && Files.exists(home.report(settings.run()).resolve("report.json"))) {
        finished = true;
        console.say("the run is complete: millrace report --home " + home.root());
      }
      if (exitAfterTraining && finished && served) {
        return;
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  private static boolean ready(Ports ports) throws InterruptedException {
    URI health = URI.create("http://127.0.0.1:%d/q/health/ready".formatted(ports.inference()));
    HttpRequest request = HttpRequest.newBuilder(health).timeout(Duration.ofSeconds(2)).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Lets the main thread stop the children when the JVM is asked to stop. */
  private record Stopper(Thread main) implements Runnable {
    private static volatile boolean shuttingDown;

    static boolean isShuttingDown() {
      return shuttingDown;
    }

    @Override
    public void run() {
      shuttingDown = true;
      main.interrupt();
      try {
        main.join(Duration.ofMinutes(2).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
