/**
 * What a training run looks like from outside, without HTTP or Kafka: its events, its documents in
 * the store and what is served of it. Begin with {@link dev.millrace.inference.run.RunView}, which
 * puts a snapshot together; {@link dev.millrace.inference.run.EventLog} holds what happened after
 * it. Training events and documents flow in, snapshots and numbered events flow out.
 */
package dev.millrace.inference.run;
