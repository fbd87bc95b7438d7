/**
 * The networks and their checkpoints. Begin with {@link dev.millrace.model.TinyImageNet} for the
 * arithmetic and {@link dev.millrace.model.CheckpointStore} for what is kept of it. Minibatches of
 * bytes flow in, logits flow out; weights and stream positions go to and come from an S3 store as
 * one value, {@link dev.millrace.model.Checkpoint}.
 */
package dev.millrace.model;
