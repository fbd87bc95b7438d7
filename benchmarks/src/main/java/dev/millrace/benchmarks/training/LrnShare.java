package dev.millrace.benchmarks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import dev.millrace.model.Architecture;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.TrainingSession;
import java.util.Map;

/**
 * Measures training steps of the network with and without LRN in turn. JMH would measure first all
 * of one and then all of the other, and the speed of a shared machine varies in between.
 */
final class LrnShare {
  private static final int BATCH = 128;
  private static final int WARM_UP = 10;
  private static final int STEPS = 30;

  private LrnShare() {}

  public static void main(String[] arguments) {
    Minibatch minibatch = Sessions.minibatch(BATCH);
    try (TrainingSession with = Sessions.session(new TinyImageNet());
        TrainingSession without = Sessions.session(new WithoutLrn())) {
      for (int step = 0; step < WARM_UP + STEPS; step++) {
        double withSeconds = seconds(with, minibatch);
        double withoutSeconds = seconds(without, minibatch);
        if (step >= WARM_UP) {
          System.out.printf("%.5f %.5f%n", withSeconds, withoutSeconds);
        }
      }
    }
  }

  private static double seconds(TrainingSession session, Minibatch minibatch) {
    long begin = System.nanoTime();
    session.train(minibatch, 0.01);
    return (System.nanoTime() - begin) / 1e9;
  }

  /** {@link TinyImageNet} with the engine's own layers and without the two normalisations. */
  private static final class WithoutLrn implements Architecture {
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape TWO = new Shape(2, 2);
    private static final Shape THREE = new Shape(3, 3);
    private static final Shape NO_PADDING = new Shape(0, 0);

    @Override
    public String name() {
      return "without-lrn";
    }

    @Override
    public Map<String, Shape> parameters(int classes) {
      return new TinyImageNet().parameters(classes);
    }

    @Override
    public ForwardPass forwardPass(NDManager manager) {
      return (images, p, tape) -> {
        NDArray x = images;
        for (String layer : new String[] {"conv1", "conv2", "conv3"}) {
          NDArray weight = p.get(layer + ".weight");
          x = Conv2d.conv2d(x, weight, p.get(layer + ".bias"), ONE, ONE).singletonOrThrow();
          x = Pool.maxPool2d(Activation.relu(x), THREE, TWO, NO_PADDING, false);
        }
        x = x.flatten(1, -1);
        x = Activation.relu(linear(x, p, "fc1"));
        x = Activation.relu(linear(x, p, "fc2"));
        return linear(x, p, "fc3");
      };
    }

    private static NDArray linear(NDArray x, Map<String, NDArray> p, String layer) {
      return Linear.linear(x, p.get(layer + ".weight"), p.get(layer + ".bias")).singletonOrThrow();
    }
  }
}
