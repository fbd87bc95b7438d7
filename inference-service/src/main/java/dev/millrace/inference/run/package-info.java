/**
 * What the page shows of a training run, without HTTP or Kafka: its events, its documents in the
 * store and what is served of it. Begin with {@link dev.millrace.inference.run.RunView}, which
 * builds a snapshot; {@link dev.millrace.inference.run.EventLog} keeps the events that follow it.
 */
package dev.millrace.inference.run;
