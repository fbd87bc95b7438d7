package dev.millrace.model;

import org.junit.jupiter.api.extension.RegisterExtension;

class RealMinioCheckpointStoreTest extends CheckpointStoreContract {
  @RegisterExtension static final MinioServer SERVER = new MinioServer();

  @Override
  ObjectStore emptyStore() {
    return SERVER.emptyStore();
  }
}
