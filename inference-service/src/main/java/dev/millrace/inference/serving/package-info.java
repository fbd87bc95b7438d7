/**
 * Answers classification requests with forward passes, without HTTP or Kafka. Begin with {@link
 * dev.millrace.inference.serving.Classifier}, which puts queued requests together into batches.
 * Pixels flow in, classifications that name their checkpoint flow out.
 */
package dev.millrace.inference.serving;
