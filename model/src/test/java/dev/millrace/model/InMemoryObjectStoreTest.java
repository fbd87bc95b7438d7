package dev.millrace.model;

class InMemoryObjectStoreTest extends ObjectStoreContract {
  @Override
  ObjectStore emptyStore() {
    return new InMemoryObjectStore();
  }
}
