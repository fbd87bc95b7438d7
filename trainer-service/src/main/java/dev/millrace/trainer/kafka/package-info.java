/**
 * Reads minibatches from Kafka and commits offsets. Start with {@link
 * dev.millrace.trainer.kafka.KafkaMinibatchStream}, which the training loop reads; {@link
 * dev.millrace.trainer.kafka.EvaluationReader} reads the validation and test splits.
 */
package dev.millrace.trainer.kafka;
