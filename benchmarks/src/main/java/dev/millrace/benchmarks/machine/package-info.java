/**
 * The machine that figures hold for, and its limits. Begin with {@link
 * dev.millrace.benchmarks.machine.Machine}.
 */
package dev.millrace.benchmarks.machine;
