package dev.millrace.checkpoint;

import dev.millrace.protocol.run.CheckpointManifest;

/**
 * A complete training state. Weights and stream position are one value, so that they cannot
 * disagree.
 *
 * @param manifest metadata of the checkpoint, including the stream position
 * @param weights content of {@code weights.safetensors}, with PyTorch's parameter names
 * @param optimizer content of {@code optimizer.safetensors}: the velocity of each parameter, with
 *     the same names
 */
public record Checkpoint(CheckpointManifest manifest, byte[] weights, byte[] optimizer) {}
