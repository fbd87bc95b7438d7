/**
 * What serving is, without HTTP or Kafka: an uploaded image becomes pixels, pixels become a
 * classification, and a better checkpoint takes over once it is proven. Begin with {@link
 * dev.millrace.inference.serving.Classifier}, which answers requests in batches, and {@link
 * dev.millrace.inference.reload.CheckpointReloader}. Image bytes and checkpoints flow in,
 * classifications that name their checkpoint flow out.
 */
package dev.millrace.inference.serving;
