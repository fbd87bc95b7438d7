package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import dev.millrace.model.cpu.NormPool;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Krizhevsky's small CIFAR network: three convolutions with local response normalisation. It
 * follows cuda-convnet's {@code layers-18pct.cfg} and is wider. The names and layouts of the
 * parameters are those of the same modules in PyTorch.
 */
public final class TinyImageNet implements Architecture {
  private static final Shape STRIDE_1 = new Shape(1, 1);
  private static final Shape PAD_1 = new Shape(1, 1);

  @Override
  public String name() {
    return "tinyimagenet";
  }

  @Override
  public Map<String, Shape> parameters(int classes) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    layer(shapes, "conv1", 96, 3, 3, 3);
    layer(shapes, "conv2", 96, 96, 3, 3);
    layer(shapes, "conv3", 192, 96, 3, 3);
    layer(shapes, "fc1", 256, 1728);
    layer(shapes, "fc2", 256, 256);
    layer(shapes, "fc3", classes, 256);
    return shapes;
  }

  private static void layer(Map<String, Shape> shapes, String name, long... weight) {
    shapes.put(name + ".weight", new Shape(weight));
    shapes.put(name + ".bias", new Shape(weight[0]));
  }

  @Override
  public ForwardPass forwardPass(NDManager manager) {
    NormPool normPool = NormPool.on(manager, 96); // ReLU, LRN and max-pool
    return (images, parameters, tape) -> {
      NDArray x = images; //                                (B,   3, 32, 32)
      x = conv(x, parameters, "conv1"); //                  (B,  96, 32, 32)
      x = normPool.forward(x, tape); //                     (B,  96, 15, 15)
      x = conv(x, parameters, "conv2"); //                  (B,  96, 15, 15)
      x = normPool.forward(x, tape); //                     (B,  96,  7,  7)
      x = Activation.relu(conv(x, parameters, "conv3")); // (B, 192,  7,  7)
      x = NormPool.pool(x).flatten(1, -1); //                        (B, 1728)
      x = Activation.relu(linear(x, parameters, "fc1")); // (B, 256)
      x = Activation.relu(linear(x, parameters, "fc2")); // (B, 256)
      return linear(x, parameters, "fc3"); //               (B, classes)
    };
  }

  private static NDArray conv(NDArray x, Map<String, NDArray> parameters, String layer) {
    NDArray weight = parameters.get(layer + ".weight");
    NDArray bias = parameters.get(layer + ".bias");
    return Conv2d.conv2d(x, weight, bias, STRIDE_1, PAD_1).singletonOrThrow();
  }

  private static NDArray linear(NDArray x, Map<String, NDArray> parameters, String layer) {
    NDArray weight = parameters.get(layer + ".weight");
    NDArray bias = parameters.get(layer + ".bias");
    return Linear.linear(x, weight, bias).singletonOrThrow();
  }
}
