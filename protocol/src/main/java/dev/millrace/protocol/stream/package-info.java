/**
 * The stream of minibatches on Kafka. Start with {@link
 * dev.millrace.protocol.stream.MinibatchCodec}: ingest encodes minibatches, the trainer decodes
 * them. With {@link dev.millrace.protocol.stream.EpochEnd}, a reader can verify that it has missed
 * no record.
 */
package dev.millrace.protocol.stream;
