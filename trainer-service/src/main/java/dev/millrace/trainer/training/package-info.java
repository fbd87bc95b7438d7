/**
 * The training itself, without Quarkus or Kafka. Begin with {@link
 * dev.millrace.trainer.training.TrainingLoop}. Records of minibatches flow in from a {@link
 * dev.millrace.trainer.training.MinibatchStream}; metrics flow out to {@link
 * dev.millrace.trainer.training.TrainerTelemetry}, checkpoints to the store.
 */
package dev.millrace.trainer.training;
