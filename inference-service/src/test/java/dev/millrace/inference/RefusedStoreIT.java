package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.store.MinioObjectStore;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that refuses ends a process without a model, and only such a one. */
class RefusedStoreIT {
  private static final Path LOG = Path.of("target", "RefusedStoreIT.log");

  @TempDir private Path folder;
  private S3Server s3;

  @AfterEach
  void stop() throws Exception {
    s3.close();
  }

  private Map<String, String> settings() {
    return InferenceProcess.settings(s3.endpoint(), "localhost:1");
  }

  private static void assertEnds(ServiceProcess service, String... says) throws Exception {
    assertThat(service.exitCode()).as(service.log()).isEqualTo(78);
    List<String> lines = service.words();
    assertThat(lines).as(service.log()).hasSize(1);
    assertThat(lines.get(0)).contains(says);
  }

  private static void awaitHealth(ServiceProcess service, String text) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> service.get("/q/health/ready").body().contains(text));
  }

  @Test
  void aWrongSecretEndsTheStart() throws Exception {
    s3 = S3Server.start(folder, 0);
    Map<String, String> settings = settings();
    settings.put("MILLRACE_S3_SECRET_KEY", "x");
    try (ServiceProcess service = InferenceProcess.launch(LOG, settings)) {
      assertEnds(
          service,
          s3.endpoint(),
          "bucket millrace",
          "SignatureDoesNotMatch",
          "MILLRACE_S3_SECRET_KEY");
    }
  }

  @Test
  void aBucketMayBeCreatedForAMinute() throws Exception {
    s3 = S3Server.start(folder, 0, S3Server.SECRET_KEY);
    try (ServiceProcess service = InferenceProcess.launch(LOG, settings())) {
      awaitHealth(service, "NoSuchBucket");
      try (MinioObjectStore objects = s3.objects()) {
        objects.ensureBucket();
      }
      awaitHealth(service, "a checkpoint that can be served");
      assertThat(service.get("/q/health/ready").body()).contains("answers");
    }
  }

  @Test
  void aMissingBucketEndsTheStartAfterAMinute() throws Exception {
    s3 = S3Server.start(folder, 0, S3Server.SECRET_KEY);
    Map<String, String> settings = settings();
    settings.put("MILLRACE_S3_BUCKET", "nowhere");
    try (ServiceProcess service = InferenceProcess.launch(LOG, settings)) {
      assertEnds(service, "bucket nowhere", "NoSuchBucket", "MILLRACE_S3_BUCKET");
    }
  }

  @Test
  void aModelServesOnThoughTheStoreRefuses() throws Exception {
    s3 = S3Server.start(folder, 0);
    Checkpoints.saveBest(s3.store(), "run-1", 1, 10);
    try (ServiceProcess service = InferenceProcess.launch(LOG, settings())) {
      service.awaitStatus("/q/health/ready", 200);
      int port = s3.port();
      s3.close();
      s3 = S3Server.start(folder, port, "another-secret");
      awaitHealth(service, "SignatureDoesNotMatch");
      assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
      assertThat(service.isAlive()).isTrue();
      assertThat(service.words()).isEmpty();
    }
  }
}
