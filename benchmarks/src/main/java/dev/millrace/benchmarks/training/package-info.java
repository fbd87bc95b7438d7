/**
 * Training speed: streamed, in memory, and by PyTorch. Begin with {@link
 * dev.millrace.benchmarks.training.TrainingComparison}.
 */
package dev.millrace.benchmarks.training;
