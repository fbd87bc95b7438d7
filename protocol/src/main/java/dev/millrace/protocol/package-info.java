/**
 * What travels between Millrace's services: the minibatch and its headers on Kafka, the events, and
 * the safetensors format that minibatches and checkpoints share. Begin with {@link
 * dev.millrace.protocol.MinibatchCodec}; ingest encodes, the trainer decodes, and {@link
 * dev.millrace.protocol.EpochEnd} lets the trainer prove that it missed nothing.
 */
package dev.millrace.protocol;
