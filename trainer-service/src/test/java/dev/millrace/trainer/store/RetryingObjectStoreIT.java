package dev.millrace.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.store.MinioObjectStore;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.store.StoreUnavailableException;
import dev.millrace.testing.S3Server;
import dev.millrace.waits.Waits;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the store with a real S3 server that is stopped and started. */
class RetryingObjectStoreIT {
  private final Waits waits = new Waits();
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  @TempDir private Path folder;
  private S3Server server;
  private MinioObjectStore client;
  private RetryingObjectStore store;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(folder, 0);
    client = server.objects();
    store = new RetryingObjectStore(client, "http://s3", waits);
    store.run(client::ensureBucket);
  }

  @AfterEach
  void stop() throws Exception {
    thread.shutdownNow();
    client.close();
    server.close();
    waits.close();
  }

  @Test
  void retriesDuringAnOutageAndReportsIt() throws Exception {
    server.close();
    CompletableFuture<Void> put =
        CompletableFuture.runAsync(() -> store.put("k", new byte[] {7}, "text/plain"), thread);
    await().until(() -> store.lastError() != null);
    assertThat(store.lastError()).contains("Connect").contains(server.endpoint());
    await()
        .untilAsserted(
            () ->
                assertThat(waits.current())
                    .singleElement()
                    .satisfies(wait -> assertThat(wait.what()).contains(server.endpoint())));
    assertThat(put).isNotDone();

    server = S3Server.start(folder, server.port());
    await().until(put::isDone);
    assertThat(put).isCompleted();
    assertThat(store.lastError()).isNull();
    assertThat(store.get("k").orElseThrow().content()).containsExactly(7);
    assertThat(waits.current()).isEmpty();
  }

  @Test
  void doesNotRetryARefusal() throws Exception {
    try (MinioObjectStore stranger = server.objects("guess")) {
      RetryingObjectStore refused = new RetryingObjectStore(stranger, "http://s3", waits);
      assertThatThrownBy(() -> refused.get("k"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("SignatureDoesNotMatch");
      assertThat(refused.lastError()).isNull();
    }
  }

  @Test
  void interruptEndsTheRetries() throws Exception {
    server.close();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Future<?> put =
        thread.submit(
            () -> {
              try {
                store.get("k");
              } catch (StoreUnavailableException e) {
                interrupted.complete(Thread.currentThread().isInterrupted());
              } catch (RuntimeException e) {
                interrupted.completeExceptionally(new CompletionException(e));
              }
            });
    await().until(() -> store.lastError() != null);
    put.cancel(true);
    await().until(interrupted::isDone);
    assertThat(interrupted.join()).isTrue();
  }
}
