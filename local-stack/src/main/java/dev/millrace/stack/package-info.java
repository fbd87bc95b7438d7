/**
 * The launcher, which runs all of Millrace on one machine. Begin with {@link
 * dev.millrace.stack.command.UpCommand}, which passes the settings to a {@link
 * dev.millrace.stack.process.Supervisor}. The supervisor starts a real Kafka broker, a real S3
 * server and the three services as child processes, and restarts those that die.
 *
 * <p>Dependencies between the packages have one direction: this package uses {@code command}, then
 * follow {@code process}, {@code broker} and {@code settings}, {@code progress}, and {@code home}.
 */
package dev.millrace.stack;
