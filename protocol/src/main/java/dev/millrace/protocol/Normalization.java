package dev.millrace.protocol;

import java.util.List;

/**
 * The mean and standard deviation of each channel, for pixels scaled to [0, 1]. The input of the
 * network is {@code (pixel / 255 - mean) / std}.
 */
public record Normalization(List<Double> mean, List<Double> std) {
  private static final int CHANNELS = 3;

  /** The usual statistics of CIFAR-10's training images. */
  public static final Normalization CIFAR10 =
      new Normalization(List.of(.4914, .4822, .4465), List.of(.2471, .2435, .2616));

  /** The usual statistics of CIFAR-100's training images. */
  public static final Normalization CIFAR100 =
      new Normalization(List.of(.5071, .4867, .4408), List.of(.2675, .2565, .2761));

  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != CHANNELS || std.size() != CHANNELS || std.stream().anyMatch(s -> !(s > 0))) {
      throw new IllegalArgumentException(
          "mean %s, std %s: expected %d values each, and a std above 0"
              .formatted(mean, std, CHANNELS));
    }
  }
}
