/**
 * The child processes. {@link dev.millrace.stack.process.Supervisor} starts, restarts and stops
 * them. {@link dev.millrace.stack.process.Processes} defines their command lines.
 */
package dev.millrace.stack.process;
