/**
 * The dataset and its stream, without Quarkus or Kafka. Begin with {@link
 * dev.millrace.ingest.stream.MinibatchSource}. A {@link dev.millrace.ingest.stream.Dataset} flows
 * in, shuffled and augmented minibatches flow out, each a pure function of seed, epoch and index.
 */
package dev.millrace.ingest.stream;
