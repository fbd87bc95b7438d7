package dev.millrace.ingest.dataset;

import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Draws a dataset of ten shapes and patterns in random colours, places and sizes, with noise: 5,000
 * training and 1,000 test images, the same on every machine.
 */
public final class SyntheticDataset {
  private static final int TRAIN = 5_000;
  private static final int TEST = 1_000;
  private static final int SIDE = Minibatch.WIDTH;
  private static final long SEED = 20_261_124;
  private static final double NOISE = 18;

  /** Fraction of the colour circle. Classes are a tenth apart, so neighbours overlap in colour. */
  private static final double HUE_JITTER = 0.1;

  private static final Normalization NORMALIZATION =
      new Normalization(List.of(.4, .4, .4), List.of(.17, .17, .17));

  /** A shape: which points (u, v), relative to its centre and in units of its size, are inside. */
  private enum Shape {
    DISC {
      @Override
      boolean covers(double u, double v) {
        return u * u + v * v < 1;
      }
    },
    RING {
      @Override
      boolean covers(double u, double v) {
        double r = u * u + v * v;
        return r < 1 && r > 0.4;
      }
    },
    SQUARE {
      @Override
      boolean covers(double u, double v) {
        return Math.abs(u) < 0.9 && Math.abs(v) < 0.9;
      }
    },
    FRAME {
      @Override
      boolean covers(double u, double v) {
        double r = Math.max(Math.abs(u), Math.abs(v));
        return r < 0.95 && r > 0.6;
      }
    },
    PLUS {
      @Override
      boolean covers(double u, double v) {
        return Math.max(Math.abs(u), Math.abs(v)) < 1 && Math.min(Math.abs(u), Math.abs(v)) < 0.27;
      }
    },
    CROSS {
      @Override
      boolean covers(double u, double v) {
        return Math.max(Math.abs(u), Math.abs(v)) < 1 && Math.abs(Math.abs(u) - Math.abs(v)) < 0.36;
      }
    },
    TRIANGLE {
      @Override
      boolean covers(double u, double v) {
        return v < 0.9 && v > -1 && Math.abs(u) < (v + 1) / 2;
      }
    },
    HORIZONTAL_STRIPES {
      @Override
      boolean covers(double u, double v) {
        return Math.floorMod((int) Math.floor(v * 2.4), 2) == 0;
      }
    },
    VERTICAL_STRIPES {
      @Override
      boolean covers(double u, double v) {
        return Math.floorMod((int) Math.floor(u * 2.4), 2) == 0;
      }
    },
    CHECKERBOARD {
      @Override
      boolean covers(double u, double v) {
        return Math.floorMod((int) Math.floor(u * 2) + (int) Math.floor(v * 2), 2) == 0;
      }
    };

    abstract boolean covers(double u, double v);
  }

  private SyntheticDataset() {}

  /** Draws all images. */
  public static Dataset draw() {
    SplittableRandom random = new SplittableRandom(SEED);
    ImageSet train = images(random.split(), TRAIN);
    ImageSet test = images(random.split(), TEST);
    List<String> names =
        Arrays.stream(Shape.values())
            .map(shape -> shape.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .toList();
    return Dataset.of("synthetic", names, NORMALIZATION, train, test);
  }

  private static ImageSet images(SplittableRandom random, int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    int[] labels = new int[count];
    Shape[] shapes = Shape.values();
    for (int i = 0; i < count; i++) {
      labels[i] = i % shapes.length;
      draw(shapes[labels[i]], random, pixels, i * Minibatch.IMAGE_BYTES);
    }
    return new ImageSet(pixels, labels);
  }

  /** Returns a random colour of a hue. Hues of classes overlap, so colour alone is ambiguous. */
  private static double[] colour(double hue, SplittableRandom random) {
    double saturation = 0.4 + 0.5 * random.nextDouble();
    double value = 120 + 120 * random.nextDouble();
    double[] rgb = new double[Minibatch.CHANNELS];
    for (int c = 0; c < rgb.length; c++) {
      double wave = StrictMath.cos(2 * Math.PI * (hue - (double) c / rgb.length));
      rgb[c] = value * (1 - saturation * (1 - wave) / 2);
    }
    return rgb;
  }

  private static void draw(Shape shape, SplittableRandom random, byte[] pixels, int at) {
    double size = 8 + 5 * random.nextDouble();
    double x = SIDE / 2.0 + 5 * (random.nextDouble() - 0.5);
    double y = SIDE / 2.0 + 5 * (random.nextDouble() - 0.5);
    double hue = (double) shape.ordinal() / Shape.values().length;
    double[] ink = colour(hue + HUE_JITTER * (random.nextDouble() - 0.5), random);
    double ground = 40 + 80 * random.nextDouble();
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        boolean inside = shape.covers((column + 0.5 - x) / size, (row + 0.5 - y) / size);
        for (int c = 0; c < Minibatch.CHANNELS; c++) {
          double noise = NOISE * (random.nextDouble() + random.nextDouble() - 1);
          double value = (inside ? ink[c] : ground) + noise;
          pixels[at + (c * SIDE + row) * SIDE + column] =
              (byte) Math.max(0, Math.min(255, Math.round(value)));
        }
      }
    }
  }
}
