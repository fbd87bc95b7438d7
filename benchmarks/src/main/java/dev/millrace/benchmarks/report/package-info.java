/** The table of results. Begin with {@link dev.millrace.benchmarks.report.Measured}. */
package dev.millrace.benchmarks.report;
