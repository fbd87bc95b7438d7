package dev.millrace.model;

import org.junit.jupiter.api.extension.RegisterExtension;

class RealMinioObjectStoreTest extends ObjectStoreContract {
  @RegisterExtension static final MinioServer SERVER = new MinioServer();

  @Override
  ObjectStore emptyStore() {
    return SERVER.emptyStore();
  }
}
