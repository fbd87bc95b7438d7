/**
 * Turns a dataset into shuffled and augmented minibatches. Begin with {@link
 * dev.millrace.ingest.stream.MinibatchSource}. Each minibatch is a pure function of the dataset,
 * the settings, the epoch and the index.
 */
package dev.millrace.ingest.stream;
