/**
 * What the terminal shows. {@link dev.millrace.stack.progress.ProgressReader} reads the trainer's
 * events from Kafka; {@link dev.millrace.stack.progress.WaitWatch} shows what the stack waits for
 * while there are none.
 */
package dev.millrace.stack.progress;
