/**
 * Serving speed compared with the bare forward pass and with LitServe. Begin with {@link
 * dev.millrace.benchmarks.serving.ServingComparison}.
 */
package dev.millrace.benchmarks.serving;
