package dev.millrace.model;

/**
 * Loads the engine and prints its name. Image builds run this class to unpack the native libraries
 * into {@code ENGINE_CACHE_DIR}, from which containers load them without writing. The build fails
 * if the libraries cannot be loaded.
 */
public final class LoadEngine {
  private LoadEngine() {}

  public static void main(String... args) {
    System.out.println(PyTorch.engine());
  }
}
