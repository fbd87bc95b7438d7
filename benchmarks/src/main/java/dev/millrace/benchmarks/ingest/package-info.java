/** Ingest speed. Begin with {@link dev.millrace.benchmarks.ingest.IngestComparison}. */
package dev.millrace.benchmarks.ingest;
