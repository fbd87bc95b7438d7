/**
 * Finds the checkpoint that should be served: the pinned one, else the best of the selected runs.
 * Begin with {@link dev.millrace.inference.selection.CheckpointCandidates}.
 */
package dev.millrace.inference.selection;
