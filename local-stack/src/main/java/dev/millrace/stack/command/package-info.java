/**
 * The subcommands of {@code millrace}. {@link dev.millrace.stack.command.UpCommand} is the largest.
 * {@link dev.millrace.stack.command.RunWatch} follows a run to its end.
 */
package dev.millrace.stack.command;
