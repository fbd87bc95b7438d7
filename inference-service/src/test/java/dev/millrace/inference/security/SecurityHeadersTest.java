package dev.millrace.inference.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.LaunchMode;
import org.junit.jupiter.api.Test;

class SecurityHeadersTest {
  @Test
  void inlineScriptsRunOnlyInTheToolsOfDevMode() {
    assertThat(SecurityHeaders.policy("/q/swagger-ui/", LaunchMode.DEVELOPMENT))
        .contains("'unsafe-inline'");
    assertThat(SecurityHeaders.policy("/", LaunchMode.DEVELOPMENT)).doesNotContain("unsafe");
    assertThat(SecurityHeaders.policy("/q/swagger-ui/", LaunchMode.NORMAL))
        .doesNotContain("unsafe");
  }
}
