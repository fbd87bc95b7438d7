package dev.millrace.stack;

/** Ends as ingest does when no source of a dataset answers; refuses any other dataset. */
final class UnavailableIngest {
  private UnavailableIngest() {}

  public static void main(String[] arguments) {
    String dataset = System.getenv("MILLRACE_INGEST_DATASET");
    System.err.printf("millrace: %s: no source answers%n", dataset);
    System.exit(dataset.equals("cifar10") ? 69 : 78);
  }
}
