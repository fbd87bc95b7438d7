package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.reload.Checkpoints;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.jwt.build.Jwt;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A build with OIDC needs only configuration; with a public key, not even a provider. */
@QuarkusTest
@TestProfile(OidcIT.WithOidc.class)
@WithTestResource(StoredCheckpoint.class)
class OidcIT {
  private static final String PRIVATE_KEY = "test.private-key";

  /** The build option, the switch and the key. */
  public static final class WithOidc implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      KeyPair keys = keys();
      Base64.Encoder base64 = Base64.getEncoder();
      return Map.of(
          "quarkus.oidc.enabled",
          "true",
          "quarkus.oidc.tenant-enabled",
          "true",
          "quarkus.oidc.public-key",
          base64.encodeToString(keys.getPublic().getEncoded()),
          PRIVATE_KEY,
          base64.encodeToString(keys.getPrivate().getEncoded()));
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();

  @TestHTTPResource URI service;

  @ConfigProperty(name = PRIVATE_KEY)
  String privateKey;

  @BeforeEach
  void serves() {
    HttpRequest ready = HttpRequest.newBuilder(service.resolve("q/health/ready")).build();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> http.send(ready, BodyHandlers.discarding()).statusCode() == 200);
  }

  @Test
  void predictionsNeedATokenWithTheRoleForThem() throws Exception {
    byte[] pixels = Checkpoints.pixels(1);
    assertThat(post("v1/predict", pixels, "")).isEqualTo(401);
    assertThat(post("v1/predict", pixels, token(signer(), "predict"))).isEqualTo(200);
    assertThat(post("v1/predict", pixels, token(signer(), "promote"))).isEqualTo(403);
    assertThat(post("v1/predict", pixels, token(keys().getPrivate(), "predict"))).isEqualTo(401);
  }

  @Test
  void controlNeedsATokenWithTheRoleForIt() throws Exception {
    assertThat(post("v1/pin", new byte[0], token(signer(), "predict"))).isEqualTo(403);
    assertThat(post("v1/pin", new byte[0], token(signer(), "promote"))).isEqualTo(200);
    assertThat(post("v1/unpin", new byte[0], token(signer(), "promote"))).isEqualTo(200);
  }

  private int post(String path, byte[] body, String token) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(service.resolve(path)).POST(BodyPublishers.ofByteArray(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private PrivateKey signer() throws Exception {
    byte[] key = Base64.getDecoder().decode(privateKey);
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key));
  }

  private static String token(PrivateKey signer, String role) {
    return Jwt.subject("somebody").groups(Set.of(role)).sign(signer);
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has RSA", e);
    }
  }
}
