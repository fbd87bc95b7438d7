package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineEnvironmentTest {
  @Test
  void namesTheVariablesThatAreNotSet() {
    Map<String, String> environment = new HashMap<>(EngineEnvironment.variables());
    assertThat(EngineEnvironment.unset(environment)).isEmpty();
    environment.put("MALLOC_ARENA_MAX", "2");
    environment.remove("OMP_WAIT_POLICY");
    environment.remove("MALLOC_TOP_PAD_");
    assertThat(EngineEnvironment.unset(environment))
        .containsExactly("MALLOC_TOP_PAD_", "OMP_WAIT_POLICY");
  }
}
