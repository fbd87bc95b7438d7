package dev.millrace.stack;

/**
 * A program that ends as ingest does if no source of CIFAR-10 is available. It rejects any other
 * dataset.
 */
final class UnavailableIngest {
  private UnavailableIngest() {}

  public static void main(String[] arguments) {
    String dataset = System.getenv("MILLRACE_INGEST_DATASET");
    System.err.printf("millrace: %s: no source answers%n", dataset);
    System.exit(dataset.equals("cifar10") ? 69 : 78);
  }
}
