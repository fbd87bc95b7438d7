/**
 * Checkpoints of a run in an object store, written so that a crash at any point leaves a valid
 * state. Start with {@link dev.millrace.checkpoint.CheckpointStore}.
 */
package dev.millrace.checkpoint;
