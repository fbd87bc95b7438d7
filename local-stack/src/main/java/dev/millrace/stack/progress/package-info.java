/**
 * The output of the launcher. {@link dev.millrace.stack.progress.ProgressReader} reads the
 * trainer's events from Kafka. {@link dev.millrace.stack.progress.WaitWatch} shows what the stack
 * waits for while there are no events.
 */
package dev.millrace.stack.progress;
