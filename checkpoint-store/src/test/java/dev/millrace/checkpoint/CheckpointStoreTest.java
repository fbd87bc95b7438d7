package dev.millrace.checkpoint;

import dev.millrace.store.InMemoryObjectStore;
import dev.millrace.store.ObjectStore;

class CheckpointStoreTest extends CheckpointStoreContract {
  @Override
  ObjectStore emptyStore() {
    return new InMemoryObjectStore();
  }
}
