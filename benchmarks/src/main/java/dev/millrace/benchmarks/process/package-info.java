/**
 * The processes under test, and their metrics. Begin with {@link
 * dev.millrace.benchmarks.process.StackRun}.
 */
package dev.millrace.benchmarks.process;
