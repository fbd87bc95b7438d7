package dev.millrace.inference.reload;

import ai.djl.ndarray.types.DataType;
import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.inference.serving.ServableNetwork;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.run.CheckpointManifest;
import java.nio.ByteBuffer;

/** A network that passed {@link CheckpointVerifier}. */
record VerifiedNetwork(CheckpointManifest checkpoint, Network network) implements ServableNetwork {
  @Override
  public float[][] logits(ByteBuffer images, PixelType type, int count, int cores) {
    DataType dataType = type == PixelType.UINT8 ? DataType.UINT8 : DataType.FLOAT32;
    return DataParallel.logits(network, images, dataType, count, cores);
  }

  @Override
  public int passesAtOnce() {
    return Shards.CORES;
  }

  @Override
  public void close() {
    network.close();
  }
}
