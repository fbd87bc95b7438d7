/**
 * Serving speed against the bare forward pass and LitServe. Begin with {@link
 * dev.millrace.benchmarks.serving.ServingComparison}.
 */
package dev.millrace.benchmarks.serving;
