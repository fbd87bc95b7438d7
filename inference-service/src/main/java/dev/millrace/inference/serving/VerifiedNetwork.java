package dev.millrace.inference.serving;

import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.Network;
import java.nio.ByteBuffer;

/** A network that computes what its checkpoint's probe asks for; see {@link CheckpointVerifier}. */
record VerifiedNetwork(CheckpointManifest checkpoint, Network network) implements ServableNetwork {
  @Override
  public float[][] logits(ByteBuffer images, int count) {
    return network.logits(images, count);
  }

  @Override
  public void close() {
    network.close();
  }
}
