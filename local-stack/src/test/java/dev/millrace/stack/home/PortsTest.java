package dev.millrace.stack.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.stack.broker.Broker;
import dev.millrace.stack.settings.ServiceSettings;
import dev.millrace.stack.settings.StackSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortsTest {
  private static final String IPV4 = "127.0.0.1";

  @TempDir private Path folder;

  @Test
  void probesTheIpv4Address() throws Exception {
    assertThat(Ports.HOST).isEqualTo(IPV4);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName(IPV4))) {
      assertThat(Ports.answers(server.getLocalPort())).isTrue();
    }
    try (ServerSocket server = new ServerSocket()) {
      server.bind(new InetSocketAddress("127.0.0.2", 0));
      assertThat(Ports.answers(server.getLocalPort())).isFalse();
    }
  }

  @Test
  void everyProcessGetsTheIpv4Address() {
    Home home = new Home(folder.resolve("home"));
    home.create();
    Ports ports = new Ports(7);
    assertThat(Broker.properties(ports).values().toString())
        .doesNotContain("localhost")
        .contains("PLAINTEXT://127.0.0.1:9099");
    StackSettings settings =
        new StackSettings(
            "synthetic", "/d", "quick", 1, 1, 0, 1, "step", "tinyimagenet", "test", null);
    ServiceSettings own = new ServiceSettings(home, ports, settings);
    for (var environment : new Object[] {own.ingest(), own.trainer(), own.inference()}) {
      assertThat(environment.toString())
          .doesNotContain("localhost")
          .contains("MILLRACE_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9099", "=http://127.0.0.1:9107");
    }
  }

  @Test
  void escapesPathsInSettings() {
    Home home = new Home(folder.resolve("home"));
    home.create();
    assertThat(environmentOf(home, "/a$b${c}")).isEqualTo("/a$$b$${c}");
    assertThatThrownBy(() -> environmentOf(home, "/a\\$b"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("backslash before a dollar sign");
  }

  private static String environmentOf(Home home, String dataset) {
    StackSettings settings =
        new StackSettings(dataset, "/d", "quick", 1, 1, 0, 1, "step", "tinyimagenet", "test", null);
    return new ServiceSettings(home, new Ports(0), settings)
        .ingest()
        .get("MILLRACE_INGEST_DATASET");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", "99999", "1.5"})
  void namesADamagedOffset(String content) throws Exception {
    Home home = new Home(folder.resolve("home"));
    home.create();
    Files.writeString(home.portOffset(), content);
    assertThatThrownBy(() -> Ports.of(home))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("port-offset");
  }
}
