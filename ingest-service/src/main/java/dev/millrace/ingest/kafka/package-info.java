/**
 * Publishes minibatches to Kafka. Begin with {@link dev.millrace.ingest.kafka.PublishLoop}, the
 * publish loop. It sends records with {@link dev.millrace.ingest.kafka.MinibatchProducer}, reads
 * and manages topics with {@link dev.millrace.ingest.kafka.MinibatchTopics}, and stays a limited
 * number of records ahead of the trainers ({@link dev.millrace.ingest.kafka.BackpressureLimit}).
 */
package dev.millrace.ingest.kafka;
