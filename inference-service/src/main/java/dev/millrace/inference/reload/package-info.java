/**
 * Replaces the served checkpoint. A candidate is fetched, verified and swapped in while requests
 * are answered. Begin with {@link dev.millrace.inference.reload.CheckpointReloader}; {@link
 * dev.millrace.inference.reload.ServingControl} does what an operator asks for.
 */
package dev.millrace.inference.reload;
