/** The load generator for HTTP and gRPC. Begin with {@link dev.millrace.benchmarks.load.H2Load}. */
package dev.millrace.benchmarks.load;
