package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests against an S3 server that checks signatures. */
class MinioObjectStoreTest extends ObjectStoreContract {
  @TempDir private Path folder;
  private S3Proxy server;
  private MinioObjectStore store;

  @Override
  ObjectStore emptyStore() throws Exception {
    server =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "key", "secret")
            .build();
    server.start();
    store = client("secret");
    store.ensureBucket();
    store.ensureBucket();
    return store;
  }

  private MinioObjectStore client(String secret) {
    return new MinioObjectStore("http://127.0.0.1:" + server.getPort(), "millrace", "key", secret);
  }

  @AfterEach
  void stop() throws Exception {
    store.close();
    server.stop();
  }

  @Test
  void wrongSecretIsRefused() throws Exception {
    try (MinioObjectStore stranger = client("guess")) {
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(() -> stranger.get("k"), stranger::ensureBucket)) {
        assertThatThrownBy(call)
            .isInstanceOf(StoreRefusedException.class)
            .hasMessageContaining("bucket millrace")
            .hasMessageContaining("SignatureDoesNotMatch")
            .hasMessageContaining("MILLRACE_S3_SECRET_KEY");
      }
    }
  }

  @Test
  void unknownAccessKeyIsRefused() throws Exception {
    try (MinioObjectStore stranger =
        new MinioObjectStore(
            "http://127.0.0.1:" + server.getPort(), "millrace", "nobody", "secret")) {
      assertThatThrownBy(() -> stranger.get("k"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("MILLRACE_S3_ACCESS_KEY");
    }
  }

  @Test
  void missingBucketIsRefusedUntilItIsCreated() throws Exception {
    try (MinioObjectStore other =
        new MinioObjectStore("http://127.0.0.1:" + server.getPort(), "another", "key", "secret")) {
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> other.get("k"),
              () -> other.put("k", new byte[1], "text/plain"),
              () -> other.folders("runs/"))) {
        assertThatThrownBy(call)
            .isInstanceOfSatisfying(
                StoreRefusedException.class, e -> assertThat(e.bucketMissing()).isTrue())
            .hasMessageContaining("NoSuchBucket")
            .hasMessageContaining("MILLRACE_S3_BUCKET");
      }
      other.ensureBucket();
      assertThat(other.get("k")).isEmpty();
    }
  }

  @Test
  void httpsToAnHttpPortIsRefused() throws Exception {
    try (MinioObjectStore other =
        new MinioObjectStore(
            "https://127.0.0.1:" + server.getPort(), "millrace", "key", "secret")) {
      assertThatThrownBy(() -> other.get("k"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("does not speak https")
          .hasMessageContaining("MILLRACE_S3_ENDPOINT");
    }
  }

  @Test
  void conditionalPutCheckLeavesNoObject() {
    ConditionalPuts.require(store, "r");
    ConditionalPuts.require(store, "r");
    assertThat(store.keys("")).isEmpty();
  }

  @Test
  void everyRequestToAStoppedServerIsUnavailable() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    byte[] content = {1};
    try (MinioObjectStore away =
        new MinioObjectStore("http://127.0.0.1:" + port, "millrace", "key", "secret")) {
      unavailable(port, () -> away.get("k"));
      unavailable(port, () -> away.put("k", content, "text/plain"));
      unavailable(port, () -> away.putIfUnchanged("k", content, "text/plain", Optional.empty()));
      unavailable(port, () -> away.keys(""));
      unavailable(port, () -> away.folders("runs/"));
      unavailable(port, () -> away.delete("k"));
      unavailable(port, away::ensureBucket);
    }
  }

  private static void unavailable(int port, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("127.0.0.1:" + port)
        .hasMessageContaining("ConnectException");
  }
}
