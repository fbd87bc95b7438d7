/**
 * The trainer as a service: settings, Kafka channels, the S3 store, health. Begin with {@link
 * dev.millrace.trainer.TrainerService}, which starts the one training thread. Minibatches come in
 * by {@link dev.millrace.trainer.KafkaMinibatchStream}; metrics and checkpoint events go out by
 * {@link dev.millrace.trainer.KafkaTelemetry}.
 */
package dev.millrace.trainer;
