package dev.millrace.inference;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.Json;
import dev.millrace.testing.S3Server;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** An S3 server with one checkpoint and a report, for tests with {@code @QuarkusTest}. */
public final class StoredCheckpoint implements QuarkusTestResourceLifecycleManager {
  private S3Server s3;

  @Override
  public Map<String, String> start() {
    try {
      s3 = S3Server.start(Files.createTempDirectory(Path.of("target").toAbsolutePath(), "s3-"), 0);
    } catch (Exception e) {
      throw new IllegalStateException("the S3 server did not start", e);
    }
    CheckpointStore store = s3.store();
    Checkpoints.saveBest(store, "run-1", 2, 782);
    byte[] report = Json.bytes(Map.of("testAccuracy", .71));
    store.putDocument("run-1", "report/report.json", report, "application/json");
    Map<String, String> settings = new HashMap<>();
    settings.put("millrace.s3.endpoint", s3.endpoint());
    settings.put("millrace.s3.bucket", S3Server.BUCKET);
    settings.put("millrace.s3.access-key", S3Server.ACCESS_KEY);
    settings.put("millrace.s3.secret-key", S3Server.SECRET_KEY);
    settings.put("millrace.kafka.bootstrap-servers", "localhost:1");
    settings.put("quarkus.http.test-port", "0");
    settings.put("quarkus.grpc.server.test-port", "0");
    settings.put("quarkus.otel.sdk.disabled", "true");
    return settings;
  }

  @Override
  public void stop() {
    try {
      s3.close();
    } catch (Exception e) {
      throw new IllegalStateException("the S3 server did not stop", e);
    }
  }
}
