/**
 * Ingest as a service: main class, settings, wiring and health. Begin with {@link
 * dev.millrace.ingest.IngestService}. It loads a dataset, and one thread publishes the dataset's
 * minibatches to Kafka.
 */
package dev.millrace.ingest;
