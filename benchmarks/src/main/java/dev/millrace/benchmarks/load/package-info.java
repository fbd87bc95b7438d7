/** Load generators for HTTP and gRPC. Begin with {@link dev.millrace.benchmarks.load.Load}. */
package dev.millrace.benchmarks.load;
