package dev.millrace.stack.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
  private static Proxies proxies(Map<String, String> variables) {
    return new Proxies(new ShellEnvironment(variables));
  }

  @Test
  void proxiesBecomeOptionsOfTheJvm() {
    Proxies proxies =
        proxies(
            Map.of(
                "http_proxy", "http://one:3128/",
                "HTTPS_PROXY", "two:8080",
                "no_proxy", "localhost,.example.org 10.0.0.1"));
    assertThat(proxies.options())
        .containsExactly(
            "-Dhttp.proxyHost=one",
            "-Dhttp.proxyPort=3128",
            "-Dhttps.proxyHost=two",
            "-Dhttps.proxyPort=8080",
            "-Dhttp.nonProxyHosts=localhost|127.*|[::1]|localhost|example.org|*.example.org|10.0.0.1");
    assertThat(proxies.unusable()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"socks5://h:1", "http://user:secret@h:1", "user:secret@h:1", "http://", ":"})
  void reportsUnusableProxiesWithoutTheirPassword(String value) {
    Proxies proxies = proxies(Map.of("https_proxy", value, "no_proxy", "h"));
    assertThat(proxies.options()).isEmpty();
    assertThat(proxies.unusable()).hasSize(1);
    assertThat(proxies.unusable().get(0))
        .startsWith("https_proxy=")
        .endsWith(": allowed: http://HOST:PORT; the proxy is not used")
        .doesNotContain("secret");
  }

  @Test
  void noProxyIsTheDefault() {
    assertThat(proxies(Map.of("https_proxy", " ", "no_proxy", "h")).options()).isEmpty();
  }
}
