package dev.millrace.stack.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellEnvironmentTest {
  @TempDir private Path folder;

  private ShellEnvironment shell(String... namesAndValues) {
    Map<String, String> variables = new HashMap<>(Map.of("HOME", folder.toString()));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      variables.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new ShellEnvironment(variables);
  }

  private Map<String, String> everything(ShellEnvironment shell) {
    Map<String, String> all = new HashMap<>(shell.basic());
    all.putAll(shell.settings());
    all.putAll(shell.engine(new Home(folder)));
    return all;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KAFKA_BOOTSTRAP_SERVERS",
        "KAFKA_OPTS",
        "QUARKUS_HTTP_PORT",
        "_PROD_QUARKUS_HTTP_PORT",
        "MP_MESSAGING_INCOMING_CHECKPOINTS_TOPIC",
        "SMALLRYE_CONFIG_LOCATIONS",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "_JAVA_OPTIONS",
        "https_proxy",
        "no_proxy",
        "AWS_ACCESS_KEY_ID",
        "S3PROXY_ENDPOINT",
        "LOG4J_CONFIGURATION_FILE",
        "LOG_LEVEL",
        "MALLOC_ARENA_MAX",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "LD_PRELOAD",
        "CLASSPATH",
        "LANG",
        "LC_NUMERIC",
        "millrace_http_port",
        "MILLRACE.HTTP.PORT",
        "X_MILLRACE_HTTP_PORT"
      })
  void whatIsNotDocumentedReachesNoProcess(String name) {
    assertThat(everything(shell(name, "x"))).doesNotContainKey(name);
  }

  @Test
  void passesTheDocumentedVariables() {
    ShellEnvironment shell =
        shell(
            "PATH",
            "/bin",
            "TZ",
            "Asia/Tokyo",
            "MILLRACE_OTLP_ENDPOINT",
            "http://h:1",
            "CUDA_VISIBLE_DEVICES",
            "1",
            "LD_LIBRARY_PATH",
            "/opt",
            "PYTORCH_FLAVOR",
            "cpu");
    assertThat(shell.basic())
        .containsEntry("PATH", "/bin")
        .containsEntry("TZ", "Asia/Tokyo")
        .containsEntry("HOME", folder.toString())
        .containsOnlyKeys("PATH", "TZ", "HOME", "TMPDIR", "LC_ALL");
    assertThat(shell.settings()).containsOnly(Map.entry("MILLRACE_OTLP_ENDPOINT", "http://h:1"));
    assertThat(shell.engine(new Home(folder)))
        .containsOnlyKeys("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "PYTORCH_FLAVOR");
  }

  @Test
  void childrenHaveAUtf8Locale() {
    assertThat(shell("LANG", "C", "LC_CTYPE", "tr_TR").basic()).containsEntry("LC_ALL", "C.UTF-8");
  }

  @Test
  void userWithoutAHomeFolderGetsTheHomeOfTheStack() {
    Home home = new Home(folder.resolve("home"));
    ShellEnvironment none = new ShellEnvironment(Map.of());
    assertThat(shell().userHome(home)).isEqualTo(folder);
    assertThat(none.userHome(home)).hasToString(System.getProperty("user.home"));
    withUserHome("?", () -> assertThat(none.userHome(home)).isEqualTo(home.root()));
  }

  @Test
  void engineUnpacksIntoAWritableFolder() {
    Home home = new Home(folder.resolve("home"));
    assertThat(shell().engine(home)).as("its own default").isEmpty();
    for (String unusable : new String[] {"?", "/proc/nobody"}) {
      withUserHome(
          unusable,
          () -> {
            assertThat(shell().engine(home))
                .containsEntry("DJL_CACHE_DIR", folder.resolve(".djl.ai").toString());
            assertThat(shell("HOME", "/proc/nobody").engine(home))
                .containsEntry("DJL_CACHE_DIR", home.root().resolve(".djl.ai").toString());
            assertThat(shell("DJL_CACHE_DIR", "/fast").engine(home))
                .containsEntry("DJL_CACHE_DIR", "/fast");
          });
    }
  }

  @Test
  void datasetsAreStoredInAWritableFolder() {
    Home home = new Home(folder.resolve("home"));
    Path cache = Path.of(".cache", "millrace");
    assertThat(shell().dataFolder(home)).isEqualTo(folder.resolve(cache));
    assertThat(shell("HOME", "/proc/nobody").dataFolder(home))
        .isEqualTo(home.root().resolve(cache));
  }

  private static void withUserHome(String folder, Runnable asserts) {
    String user = System.getProperty("user.home");
    System.setProperty("user.home", folder);
    try {
      asserts.run();
    } finally {
      System.setProperty("user.home", user);
    }
  }

  @Test
  void refusesAReadOnlyTemporaryFolder() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> shell("TMPDIR", file.toString()).basic())
        .isInstanceOf(CommandFailedException.class)
        .hasMessage(
            "cannot write to the folder for temporary files, %s; set TMPDIR to a writable folder",
            file);
    assertThat(shell("TMPDIR", folder.toString()).basic())
        .containsEntry("TMPDIR", folder.toString());
  }
}
