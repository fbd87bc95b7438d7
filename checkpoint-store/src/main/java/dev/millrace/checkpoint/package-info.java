/**
 * Checkpoints of runs in an object store. A crash at any point leaves the store in a valid state.
 * Start with {@link dev.millrace.checkpoint.CheckpointStore}.
 */
package dev.millrace.checkpoint;
