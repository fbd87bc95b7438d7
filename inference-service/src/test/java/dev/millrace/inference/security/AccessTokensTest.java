package dev.millrace.inference.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccessTokensTest {
  private static final String ADMIN = "an-admin-token-of-tests";
  private static final String PREDICT = "a-predict-token-of-tests";

  @Test
  void tokensGrantTheirRoles() {
    AccessTokens tokens = new AccessTokens(Optional.of(ADMIN), Optional.of(PREDICT), false);
    assertThat(tokens.rolesOf(ADMIN)).containsExactlyInAnyOrder(Roles.PROMOTE, Roles.LABEL);
    assertThat(tokens.rolesOf(PREDICT)).containsExactly(Roles.PREDICT);
    assertThat(tokens.rolesOf("another-token-of-tests")).isEmpty();
    assertThat(tokens.predictionsAreOpen()).isFalse();
  }

  @Test
  void withoutTokensPredictionsAreOpenAndControlIsOff() {
    AccessTokens tokens = new AccessTokens(Optional.empty(), Optional.empty(), false);
    assertThat(tokens.predictionsAreOpen()).isTrue();
    assertThat(tokens.controlIsOn()).isFalse();
    assertThat(tokens.rolesOf(ADMIN)).isEmpty();
  }

  @Test
  void withOidcPredictionsAreNotOpenAndControlIsOn() {
    AccessTokens tokens = new AccessTokens(Optional.empty(), Optional.empty(), true);
    assertThat(tokens.predictionsAreOpen()).isFalse();
    assertThat(tokens.controlIsOn()).isTrue();
  }

  @Test
  void bearerTokensAreReadFromTheHeader() {
    assertThat(AccessTokens.bearer("Bearer  " + ADMIN + " ")).contains(ADMIN);
    assertThat(AccessTokens.bearer("bearer " + ADMIN)).contains(ADMIN);
    assertThat(AccessTokens.bearer("Basic " + ADMIN)).isEmpty();
    assertThat(AccessTokens.bearer(null)).isEmpty();
  }
}
