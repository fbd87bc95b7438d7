package dev.millrace.model;

/**
 * Loads the engine and names it. Image builds run it: it unpacks the natives into {@code
 * ENGINE_CACHE_DIR}, from where containers load them without writing, and fails where they do not
 * load.
 */
public final class LoadEngine {
  private LoadEngine() {}

  public static void main(String... args) {
    System.out.println(PyTorch.engine());
  }
}
