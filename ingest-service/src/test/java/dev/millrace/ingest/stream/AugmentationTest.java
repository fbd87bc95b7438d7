package dev.millrace.ingest.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.stream.Minibatch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Compares with the direct implementation: pad, crop, mirror. */
class AugmentationTest {
  private static final int SIDE = 32;
  private static final int PAD = 4;
  private static final int PADDED = SIDE + 2 * PAD;
  private static final int PLACES = 2 * PAD + 1;

  private final byte[] image = noise(1);

  private static byte[] noise(long seed) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    new SplittableRandom(seed).nextBytes(pixels);
    return pixels;
  }

  private static byte[] expected(byte[] image, int left, int top, boolean flip) {
    byte[][][] padded = new byte[3][PADDED][PADDED];
    for (int i = 0; i < image.length; i++) {
      padded[i / 1024][i / SIDE % SIDE + PAD][i % SIDE + PAD] = image[i];
    }
    byte[] result = new byte[image.length];
    for (int i = 0; i < result.length; i++) {
      int column = flip ? SIDE - 1 - i % SIDE : i % SIDE;
      result[i] = padded[i / 1024][i / SIDE % SIDE + top][column + left];
    }
    return result;
  }

  private byte[] augmented(long... key) {
    byte[] result = new byte[Minibatch.IMAGE_BYTES];
    Augmentation.apply(new CounterRandom(key), image, 0, result, 0);
    return result;
  }

  @Test
  void cropsAndFlipsAreEquallyLikelyWindowsOfThePaddedImage() {
    Map<String, Integer> places = new HashMap<>();
    for (int left = 0; left < PLACES; left++) {
      for (int top = 0; top < PLACES; top++) {
        places.put(Arrays.toString(expected(image, left, top, false)), places.size());
        places.put(Arrays.toString(expected(image, left, top, true)), places.size());
      }
    }
    assertThat(places).hasSize(PLACES * PLACES * 2);
    int each = 60;
    int[] seen = new int[places.size()];
    for (int i = 0; i < each * seen.length; i++) {
      Integer place = places.get(Arrays.toString(augmented(5, i)));
      assertThat(place).isNotNull();
      seen[place]++;
    }
    double chiSquare = Arrays.stream(seen).mapToDouble(n -> (n - each) * (n - each)).sum() / each;
    // 161 degrees of freedom: five standard deviations above the mean.
    assertThat(chiSquare).isLessThan(161 + 5 * Math.sqrt(2 * 161));
  }

  @Test
  void randomNumbersSelectColumnThenRowThenFlip() {
    for (int i = 0; i < 500; i++) {
      CounterRandom random = new CounterRandom(9, i);
      int left = random.nextInt(PLACES);
      int top = random.nextInt(PLACES);
      boolean flip = random.nextInt(2) == 1;
      assertThat(augmented(9, i)).isEqualTo(expected(image, left, top, flip));
    }
  }

  @Test
  void writesOnlyItsPartOfTheMinibatch() {
    byte[] source = new byte[3 * Minibatch.IMAGE_BYTES];
    System.arraycopy(image, 0, source, Minibatch.IMAGE_BYTES, image.length);
    for (int i = 0; i < 200; i++) {
      byte[] target = new byte[3 * Minibatch.IMAGE_BYTES];
      Arrays.fill(target, (byte) 77);
      Augmentation.apply(
          new CounterRandom(i), source, Minibatch.IMAGE_BYTES, target, Minibatch.IMAGE_BYTES);
      assertThat(Arrays.copyOfRange(target, Minibatch.IMAGE_BYTES, 2 * Minibatch.IMAGE_BYTES))
          .isEqualTo(augmented(i));
      assertThat(Arrays.copyOf(target, Minibatch.IMAGE_BYTES)).containsOnly(77);
      assertThat(Arrays.copyOfRange(target, 2 * Minibatch.IMAGE_BYTES, target.length))
          .containsOnly(77);
    }
  }

  @Test
  void isAFunctionOfTheKey() {
    byte[] before = image.clone();
    assertThat(augmented(1, 2, 3)).isEqualTo(augmented(1, 2, 3));
    assertThat(image).isEqualTo(before);
    Set<String> results = new HashSet<>();
    for (int position = 0; position < 20; position++) {
      results.add(Arrays.toString(augmented(1, 2, position)));
    }
    assertThat(results).hasSizeGreaterThan(15);
  }
}
