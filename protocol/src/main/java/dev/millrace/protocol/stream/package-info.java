/**
 * The stream of minibatches on Kafka. Start with {@link
 * dev.millrace.protocol.stream.MinibatchCodec}: ingest encodes, the trainer decodes. {@link
 * dev.millrace.protocol.stream.EpochEnd} lets a reader prove that it has missed nothing.
 */
package dev.millrace.protocol.stream;
