/**
 * The Open Inference Protocol over gRPC. Begin with {@link
 * dev.millrace.inference.oip.grpc.OipGrpcMethods}.
 */
package dev.millrace.inference.oip.grpc;
