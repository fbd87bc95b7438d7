/**
 * The Open Inference Protocol, version 2, as bytes and messages, without the servers that carry
 * them. Begin with {@link dev.millrace.inference.oip.InferRequest}: JSON with or without the binary
 * tensor extension ({@link dev.millrace.inference.oip.InferRequestReader}) or a protocol buffer
 * ({@link dev.millrace.inference.oip.GrpcMessages}) becomes one, and what {@link
 * dev.millrace.inference.oip.InferResponse} holds goes back the way the request came.
 */
package dev.millrace.inference.oip;
