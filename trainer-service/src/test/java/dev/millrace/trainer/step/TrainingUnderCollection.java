package dev.millrace.trainer.step;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.Architecture;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.trainer.loop.PublishedStream;
import dev.millrace.trainer.stream.MinibatchStream;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;

/**
 * Trains some steps and prints the SHA-256 of the weights. On request, a full garbage collection
 * runs between each forward and backward pass.
 */
final class TrainingUnderCollection {
  private static final int EPOCHS = 5;

  private TrainingUnderCollection() {}

  public static void main(String[] arguments) throws InterruptedException {
    boolean collecting = Boolean.parseBoolean(arguments[0]);
    Architecture architecture = collecting ? new Collecting() : new TinyImageNet();
    Network network = Network.initialize(architecture, 3, Normalization.CIFAR10, 1, Device.cpu());
    try (TrainingSession session = new TrainingSession(network, 0.9, 5e-4, 4)) {
      for (MinibatchStream.Delivery record : PublishedStream.train(EPOCHS).records) {
        if (record.headers().kind() == Kind.MINIBATCH) {
          Minibatch minibatch = MinibatchCodec.decode(record.value(), 3);
          session.train(minibatch, 0.01);
        }
      }
      System.out.println(Sha256.hex(network.weights()));
    }
  }

  /** TinyImageNet with a garbage collection after its forward pass. */
  private static final class Collecting implements Architecture {
    private final Architecture delegate = new TinyImageNet();

    @Override
    public String name() {
      return delegate.name();
    }

    @Override
    public Map<String, Shape> parameters(int classes) {
      return delegate.parameters(classes);
    }

    @Override
    public ForwardPass forwardPass(NDManager manager) {
      ForwardPass forward = delegate.forwardPass(manager);
      return (images, parameters, tape) -> {
        NDArray logits = forward.logits(images, parameters, tape);
        collect();
        return logits;
      };
    }

    /**
     * Collects twice: the second collection frees what the references cleared by the first one
     * kept.
     */
    private static void collect() {
      for (int i = 0; i < 2; i++) {
        ReferenceQueue<Object> cleared = new ReferenceQueue<>();
        WeakReference<Object> sentinel = new WeakReference<>(new Object(), cleared);
        System.gc();
        try {
          if (cleared.remove(10_000) != sentinel) {
            throw new IllegalStateException("no collection came");
          }
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
