/**
 * Definitions that all formats of Millrace share: {@link dev.millrace.protocol.Json}, {@link
 * dev.millrace.protocol.Topics}, {@link dev.millrace.protocol.Split}. The subpackages contain the
 * stream of minibatches, the documents of a run, and the safetensors format.
 */
package dev.millrace.protocol;
