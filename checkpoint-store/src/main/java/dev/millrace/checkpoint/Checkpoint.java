package dev.millrace.checkpoint;

import dev.millrace.protocol.run.CheckpointManifest;

/**
 * One value with all that resuming needs, so that weights and stream position cannot disagree.
 *
 * @param weights {@code weights.safetensors}, loadable by PyTorch's names
 * @param optimizer {@code optimizer.safetensors}: the velocity of each parameter, same names
 */
public record Checkpoint(CheckpointManifest manifest, byte[] weights, byte[] optimizer) {}
