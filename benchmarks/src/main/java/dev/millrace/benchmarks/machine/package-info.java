/**
 * The machine on which figures are measured, and its limits. Begin with {@link
 * dev.millrace.benchmarks.machine.Machine}.
 */
package dev.millrace.benchmarks.machine;
