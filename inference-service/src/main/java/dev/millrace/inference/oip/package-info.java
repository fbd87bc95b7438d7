/**
 * The Open Inference Protocol, version 2, without a transport: tensors, metadata and statistics.
 * Begin with {@link dev.millrace.inference.oip.ServedModel}. {@link
 * dev.millrace.inference.oip.rest} and {@link dev.millrace.inference.oip.grpc} are its transports.
 */
package dev.millrace.inference.oip;
