/**
 * Ingest as a service: settings, Kafka, health. Begin with {@link
 * dev.millrace.ingest.IngestService}, whose one thread publishes. A dataset comes in from disk,
 * records go out by {@link dev.millrace.ingest.StreamPublisher}, and {@link
 * dev.millrace.ingest.StreamLog} tells where the log ends and how far the trainers are.
 */
package dev.millrace.ingest;
