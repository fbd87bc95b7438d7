/**
 * Documents and events of a training run, as JSON: manifests and pins in S3, events on Kafka. Start
 * with {@link dev.millrace.protocol.run.CheckpointManifest} and {@link
 * dev.millrace.protocol.run.TrainingEvent}.
 */
package dev.millrace.protocol.run;
