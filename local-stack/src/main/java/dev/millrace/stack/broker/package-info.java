/**
 * The Kafka broker in a process of its own: {@link dev.millrace.stack.broker.Broker} is its main
 * class.
 */
package dev.millrace.stack.broker;
