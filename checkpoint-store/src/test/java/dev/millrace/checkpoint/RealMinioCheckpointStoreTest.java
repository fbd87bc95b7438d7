package dev.millrace.checkpoint;

import dev.millrace.store.MinioServer;
import dev.millrace.store.ObjectStore;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

@EnabledIf(
    value = "dev.millrace.store.MinioServer#isInstalled",
    disabledReason = MinioServer.NOT_INSTALLED)
class RealMinioCheckpointStoreTest extends CheckpointStoreContract {
  @RegisterExtension static final MinioServer SERVER = new MinioServer();

  @Override
  ObjectStore emptyStore() {
    return SERVER.emptyStore();
  }
}
