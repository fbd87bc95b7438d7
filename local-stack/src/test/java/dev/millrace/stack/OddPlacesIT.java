package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the start script in folders with unusual names and with unusual environment variables. */
class OddPlacesIT {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final String ODD = " é,x\\y;#%+='\"{} 猫*";

  @TempDir private Path folder;

  private record Result(int exitCode, String output) {}

  /** Creates a checkout of this build in a folder of the given name. */
  private Path checkout(String name) throws IOException {
    Path checkout = Files.createDirectories(folder.resolve(name));
    Path script = Files.copy(PROJECT.resolve("millrace"), checkout.resolve("millrace"));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<Path> poms = new ArrayList<>(List.of(checkout.resolve("pom.xml")));
    for (String module :
        List.of("local-stack", "ingest-service", "trainer-service", "inference-service")) {
      Files.createDirectories(checkout.resolve(module).resolve("src/main"));
      Files.createSymbolicLink(
          checkout.resolve(module).resolve("target"), PROJECT.resolve(module).resolve("target"));
      poms.add(checkout.resolve(module).resolve("pom.xml"));
    }
    for (Path pom : poms) {
      Files.setLastModifiedTime(Files.createFile(pom), FileTime.fromMillis(0));
    }
    return script;
  }

  private Process start(Path directory, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve("out").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private Result run(Path directory, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Process process = start(directory, environment, command);
    assertThat(process.waitFor(Stack.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    // This decoding accepts malformed input, because the script repeats invalid names.
    byte[] output = Files.readAllBytes(folder.resolve("out"));
    return new Result(process.exitValue(), new String(output, StandardCharsets.UTF_8));
  }

  private Result shell(String script) throws IOException, InterruptedException {
    return run(folder, Map.of(), List.of("bash", "-c", script));
  }

  private static void assertOneLine(Result result, String... parts) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output().lines().filter(line -> line.startsWith("millrace: ")))
        .as(result.output())
        .hasSize(1);
    assertThat(result.output()).contains(parts).doesNotContain("Usage", "\tat ");
  }

  /** Variables of a user's shell that must not change the stack's behaviour. */
  private static final Map<String, String> FOREIGN =
      Map.ofEntries(
          Map.entry("LANG", "C"),
          Map.entry("LC_ALL", "C"),
          Map.entry("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
          Map.entry("QUARKUS_HTTP_PORT", "1"),
          Map.entry("_PROD_QUARKUS_HTTP_HOST", "192.0.2.1"),
          Map.entry("MP_MESSAGING_OUTGOING_METRICS_TOPIC", "elsewhere"),
          Map.entry("SMALLRYE_CONFIG_LOCATIONS", "/nowhere"),
          Map.entry("OTEL_TRACES_EXPORTER", "nonsense"),
          Map.entry("JAVA_TOOL_OPTIONS", "-Xmx2m"),
          Map.entry("JDK_JAVA_OPTIONS", "-Xnonsense"),
          Map.entry("_JAVA_OPTIONS", "-Xmx2m"),
          Map.entry("CLASSPATH", "/nowhere"),
          Map.entry("https_proxy", "http://127.0.0.1:1"),
          Map.entry("http_proxy", "socks5://127.0.0.1:1"),
          Map.entry("AWS_ACCESS_KEY_ID", "x"),
          Map.entry("S3PROXY_ENDPOINT", "http://127.0.0.1:1"),
          Map.entry("LOG4J_CONFIGURATION_FILE", "/nowhere"),
          Map.entry("LOG_LEVEL", "nonsense"),
          Map.entry("OMP_NUM_THREADS", "64"),
          Map.entry("MILLRACE_INGEST_DATASET", "cifar100"),
          Map.entry("MILLRACE_TRAINER_EXIT_WHEN_FINISHED", "true"),
          Map.entry("MILLRACE_S3_BUCKET", "elsewhere"));

  @Test
  void runsInOddPlacesAndForeignEnvironments() throws Exception {
    Path script = checkout("checkout" + ODD);
    Path pictures = ColourImages.folder(folder.resolve("pictures" + ODD + "$q ${z}"), 14);
    Files.move(pictures.resolve("red"), pictures.resolve("café"));
    Files.move(pictures.resolve("blue"), pictures.resolve("猫"));
    Path directory = Files.createDirectories(folder.resolve("work"));
    Files.writeString(directory.resolve(".env"), "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1\n");
    // The same folder as a relative path through a link.
    Files.createSymbolicLink(folder.resolve("link"), directory);
    Stack stack = new Stack(directory.resolve("home" + ODD + "$q ${z} :"));
    String home = "../link/" + stack.home.root().getFileName();

    Process up =
        start(
            directory,
            FOREIGN,
            List.of(
                script.toString(),
                "up",
                "--home",
                home,
                "--dataset",
                pictures.toString(),
                "--epochs",
                "1",
                "--batch-size",
                "8",
                "--exit-after-training",
                "--port-offset",
                Integer.toString(stack.ports.offset())));
    try (stack) {
      await()
          .atMost(Stack.PATIENCE)
          .failFast("the launcher ended", () -> !up.isAlive())
          .until(() -> stack.home.processes().running("trainer").isPresent());
      assertThat(names("trainer", stack)).doesNotContainAnyElementsOf(unset());
      assertThat(names("kafka", stack))
          .doesNotContainAnyElementsOf(unset())
          .noneMatch(name -> name.startsWith("MILLRACE_"));
      assertThat(up.waitFor(Stack.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
    String said = Files.readString(folder.resolve("out"));
    assertThat(up.exitValue()).as(said).isZero();
    assertThat(said)
        .contains(
            "MILLRACE_INGEST_DATASET of the environment is not used",
            "http_proxy=socks5://127.0.0.1:1: allowed: http://HOST:PORT");
    JsonNode report =
        new ObjectMapper().readTree(stack.run(runName(stack), "report/report.json").toFile());
    assertThat(report.toString()).contains("café", "猫");

    Result again =
        run(directory, FOREIGN, List.of(script.toString(), "report", "--home=" + home + "/"));
    assertThat(again.exitCode()).as(again.output()).isZero();
    assertThat(again.output()).contains("| café |");
  }

  private static String runName(Stack stack) {
    return StackSettings.stored(stack.home).orElseThrow().run();
  }

  private static List<String> unset() {
    return FOREIGN.keySet().stream()
        .filter(name -> !name.startsWith("MILLRACE_") && !name.equals("LC_ALL"))
        .toList();
  }

  private static List<String> names(String process, Stack stack) throws IOException {
    Optional<ProcessHandle> living = stack.home.processes().running(process);
    Path environment = Path.of("/proc", Long.toString(living.orElseThrow().pid()), "environ");
    String text = new String(Files.readAllBytes(environment), StandardCharsets.UTF_8);
    return List.of(text.split("\0")).stream().map(entry -> entry.split("=", 2)[0]).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "C.UTF-8", "de_DE.ISO-8859-1", "tr_TR.UTF-8", ""})
  void namesTheHomeInAnyLocale(String locale) throws Exception {
    Path script = checkout("checkout");
    Result result =
        run(
            folder,
            Map.of("LANG", locale, "LC_ALL", locale),
            List.of(script.toString(), "status", "--home", folder + "/josé 猫"));
    assertOneLine(result, "there is no --home " + folder.toRealPath() + "/josé 猫");
  }

  @Test
  void refusesNamesThatAreNotUtf8() throws Exception {
    Path script = checkout("checkout");
    String byHand = "'%s' status --home \"$(printf 'jos\\351')\"".formatted(script);
    assertOneLine(shell(byHand), "--home", "not valid UTF-8", "rename");
    assertOneLine(
        shell("d=\"$(printf 'jos\\351')\"; mv checkout \"$d\" && \"$d\"/millrace status"),
        "Millrace's folder is",
        "not valid UTF-8");
  }

  @Test
  void refusesControlCharacters() throws Exception {
    Path script = checkout("checkout");
    assertOneLine(shell("'%s' status --home $'a\\nb'".formatted(script)), "control character");
    assertOneLine(shell("mv checkout $'a\\nb'; $'a\\nb'/millrace status"), "control character");
  }

  @ParameterizedTest
  @CsvSource({"status", "up", "--help"})
  void refusesAColonInTheCheckoutOrJavaHome(String command) throws Exception {
    Path script = checkout("check:out");
    assertOneLine(shell("'%s' %s".formatted(script, command)), "check:out", "colon (:)");
    Path good = checkout("checkout");
    assertOneLine(
        shell("JAVA_HOME=/a:b '%s' %s".formatted(good, command)), "JAVA_HOME is /a:b", "colon");
  }

  @Test
  void refusesTooFewOpenFiles() throws Exception {
    Path script = checkout("checkout");
    assertOneLine(
        shell("ulimit -n 256; '%s' up".formatted(script)), "256 files", "1024 are needed");
  }

  @Test
  void reportsADeletedCurrentFolder() throws Exception {
    Path script = checkout("checkout");
    assertOneLine(
        shell("mkdir gone; cd gone; rmdir ../gone; '%s' up".formatted(script)),
        "the current folder is gone");
  }

  @Test
  void reportsAMissingTemporaryFolder() throws Exception {
    Path script = checkout("checkout");
    assertOneLine(
        shell("TMPDIR=/nowhere '%s' up --dataset synthetic --home home".formatted(script)),
        "/nowhere",
        "set TMPDIR");
  }
}
