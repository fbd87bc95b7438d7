package dev.millrace.stack;

import dev.millrace.protocol.safetensors.Safetensors;
import java.util.Arrays;

/**
 * A second implementation of TinyImageNet's forward pass, with plain loops in double precision and
 * without the engine. Served predictions are compared with it.
 */
final class ReferenceNetwork {
  private final Safetensors weights;
  private final double[] mean;
  private final double[] std;

  ReferenceNetwork(Safetensors weights, double[] mean, double[] std) {
    this.weights = weights;
    this.mean = mean;
    this.std = std;
  }

  /** An array of shape (channels, side, side). */
  private record Planes(int channels, int side, double[] values) {
    double at(int c, int y, int x) {
      boolean inside = y >= 0 && y < side && x >= 0 && x < side && c >= 0 && c < channels;
      return inside ? values[(c * side + y) * side + x] : 0;
    }
  }

  private interface Pixel {
    double at(int c, int y, int x);
  }

  private static Planes planes(int channels, int side, Pixel pixel) {
    double[] values = new double[channels * side * side];
    for (int i = 0; i < values.length; i++) {
      values[i] = pixel.at(i / (side * side), i / side % side, i % side);
    }
    return new Planes(channels, side, values);
  }

  /**
   * Computes the logits of an image.
   *
   * @param image 3,072 bytes of RGB planes
   */
  double[] logits(byte[] image) {
    Planes x =
        planes(
            3, 32, (c, i, j) -> ((image[c * 1024 + i * 32 + j] & 0xff) / 255.0 - mean[c]) / std[c]);
    x = pool(normalise(convolve(x, "conv1")));
    x = pool(normalise(convolve(x, "conv2")));
    x = pool(convolve(x, "conv3"));
    double[] hidden = relu(multiply(relu(multiply(x.values, "fc1")), "fc2"));
    return multiply(hidden, "fc3");
  }

  private Planes convolve(Planes x, String layer) {
    float[] w = weights.tensor(layer + ".weight").floats();
    float[] b = weights.tensor(layer + ".bias").floats();
    return planes(
        b.length,
        x.side,
        (out, i, j) -> {
          double sum = b[out];
          int at = out * x.channels * 9;
          for (int c = 0; c < x.channels; c++) {
            for (int k = 0; k < 9; k++) {
              sum += w[at++] * x.at(c, i + k / 3 - 1, j + k % 3 - 1);
            }
          }
          return Math.max(0, sum);
        });
  }

  private static Planes normalise(Planes x) {
    return planes(
        x.channels,
        x.side,
        (c, i, j) -> {
          double squares = 0;
          for (int near = c - 2; near <= c + 2; near++) {
            squares += x.at(near, i, j) * x.at(near, i, j);
          }
          return x.at(c, i, j) / Math.pow(2 + 1e-4 / 5 * squares, 0.75);
        });
  }

  private static Planes pool(Planes x) {
    return planes(
        x.channels,
        (x.side - 3) / 2 + 1,
        (c, i, j) -> {
          double largest = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < 9; k++) {
            largest = Math.max(largest, x.at(c, 2 * i + k / 3, 2 * j + k % 3));
          }
          return largest;
        });
  }

  private double[] multiply(double[] x, String layer) {
    float[] w = weights.tensor(layer + ".weight").floats();
    float[] b = weights.tensor(layer + ".bias").floats();
    double[] y = new double[b.length];
    for (int out = 0; out < y.length; out++) {
      y[out] = b[out];
      for (int in = 0; in < x.length; in++) {
        y[out] += w[out * x.length + in] * x[in];
      }
    }
    return y;
  }

  private static double[] relu(double[] x) {
    return Arrays.stream(x).map(v -> Math.max(0, v)).toArray();
  }

  static double[] softmax(double[] logits) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double[] e = Arrays.stream(logits).map(v -> Math.exp(v - largest)).toArray();
    double sum = Arrays.stream(e).sum();
    return Arrays.stream(e).map(v -> v / sum).toArray();
  }
}
