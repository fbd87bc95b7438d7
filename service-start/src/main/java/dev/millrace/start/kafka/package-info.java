/**
 * Checks of Kafka access that all services share: which errors are permanent ({@link
 * dev.millrace.start.kafka.KafkaErrors}) and whether the client has the rights that its service
 * needs ({@link dev.millrace.start.kafka.TopicAccess}).
 */
package dev.millrace.start.kafka;
