package dev.millrace.store;

class InMemoryObjectStoreTest extends ObjectStoreContract {
  @Override
  ObjectStore emptyStore() {
    return new InMemoryObjectStore();
  }
}
