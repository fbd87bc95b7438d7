/**
 * Everything on this machine with one command. Begin with {@link
 * dev.millrace.stack.command.UpCommand}, which hands the settings to a {@link
 * dev.millrace.stack.process.Supervisor}. It starts a real Kafka broker, a real S3 server and the
 * three services as child processes and restarts those that die.
 *
 * <p>Packages depend on each other in one direction: this one on {@code command}, then {@code
 * process}, {@code broker} and {@code settings}, {@code progress}, and {@code home}.
 */
package dev.millrace.stack;
