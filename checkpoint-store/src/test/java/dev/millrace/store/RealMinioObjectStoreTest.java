package dev.millrace.store;

import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

@EnabledIf(
    value = "dev.millrace.store.MinioServer#isInstalled",
    disabledReason = MinioServer.NOT_INSTALLED)
class RealMinioObjectStoreTest extends ObjectStoreContract {
  @RegisterExtension static final MinioServer SERVER = new MinioServer();

  @Override
  ObjectStore emptyStore() {
    return SERVER.emptyStore();
  }
}
