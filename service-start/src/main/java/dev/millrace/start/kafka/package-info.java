/**
 * What all services need of Kafka's clients: which errors no retry mends ({@link
 * dev.millrace.start.kafka.KafkaErrors}) and whether this client may do what the service needs
 * ({@link dev.millrace.start.kafka.TopicAccess}).
 */
package dev.millrace.start.kafka;
