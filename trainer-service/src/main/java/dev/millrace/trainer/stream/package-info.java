/**
 * A run's position in the stream, without Quarkus and Kafka. Start with {@link
 * dev.millrace.trainer.stream.StreamPosition}: it classifies the records that a {@link
 * dev.millrace.trainer.stream.MinibatchStream} delivers.
 */
package dev.millrace.trainer.stream;
