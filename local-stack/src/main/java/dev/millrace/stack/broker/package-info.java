/** The process of the Kafka broker. Its main class is {@link dev.millrace.stack.broker.Broker}. */
package dev.millrace.stack.broker;
