/**
 * Publishes minibatches to Kafka. Begin with {@link dev.millrace.ingest.kafka.StreamWriter}, the
 * publish loop. It sends records with {@link dev.millrace.ingest.kafka.StreamPublisher}, reads and
 * manages topics with {@link dev.millrace.ingest.kafka.StreamLog}, and stays a limited number of
 * records ahead of the trainers ({@link dev.millrace.ingest.kafka.TrainerLead}).
 */
package dev.millrace.ingest.kafka;
