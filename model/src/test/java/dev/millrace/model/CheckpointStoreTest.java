package dev.millrace.model;

class CheckpointStoreTest extends CheckpointStoreContract {
  @Override
  ObjectStore emptyStore() {
    return new InMemoryObjectStore();
  }
}
