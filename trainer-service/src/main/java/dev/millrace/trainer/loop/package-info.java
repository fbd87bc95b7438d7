/**
 * The training loop, without Quarkus and Kafka. Start with {@link
 * dev.millrace.trainer.loop.TrainingLoop}. It takes records from a {@link
 * dev.millrace.trainer.stream.MinibatchStream}, reports metrics to {@link
 * dev.millrace.trainer.loop.TrainerTelemetry} and writes checkpoints to the store.
 */
package dev.millrace.trainer.loop;
