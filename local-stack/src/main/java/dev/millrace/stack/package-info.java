/**
 * Everything on this machine with one command. Begin with {@link dev.millrace.stack.UpCommand},
 * which hands settings to a {@link dev.millrace.stack.Supervisor}. It starts a real Kafka broker, a
 * real S3 server and the three services as child processes, and starts again what dies.
 */
package dev.millrace.stack;
