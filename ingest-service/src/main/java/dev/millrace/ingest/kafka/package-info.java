/**
 * Publishes minibatches to Kafka. Begin with {@link dev.millrace.ingest.kafka.PublishLoop}. It
 * writes epochs with {@link dev.millrace.ingest.kafka.PartitionWriter}, which sends records with
 * {@link dev.millrace.ingest.kafka.MinibatchProducer}, and stays within {@link
 * dev.millrace.ingest.kafka.BackpressureLimit} of the trainers' checkpoints.
 */
package dev.millrace.ingest.kafka;
