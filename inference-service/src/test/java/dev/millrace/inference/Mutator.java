package dev.millrace.inference;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages bytes in the ways that find faults in readers. Equal seeds damage equally. */
final class Mutator {
  private static final List<String> TOKENS =
      List.of(
          "null",
          "-1",
          "0",
          "1e999",
          "9223372036854775808",
          "\"\"",
          "{}",
          "[]",
          "[[",
          "}",
          "NaN",
          "true",
          "\\u0000",
          "--XX",
          "\r\n",
          "images",
          "FP32",
          "BYTES",
          "\u00ff\u00ff\u00ff\u00ff");

  private final Random random;

  Mutator(long seed) {
    random = new Random(seed);
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  byte[] damage(byte[] good) {
    byte[] bytes = good.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times; i++) {
      bytes = damageOnce(bytes);
    }
    return bytes;
  }

  private byte[] damageOnce(byte[] bytes) {
    if (bytes.length == 0) {
      return random(random.nextInt(64));
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> flip(bytes, at);
      case 1 -> Arrays.copyOf(bytes, at);
      case 2 -> join(Arrays.copyOf(bytes, at), random(1 + random.nextInt(16)), tail(bytes, at));
      case 3 -> join(Arrays.copyOf(bytes, at), token(), tail(bytes, at));
      case 4 ->
          join(
              Arrays.copyOf(bytes, at),
              token(),
              tail(bytes, Math.min(bytes.length, at + 1 + random.nextInt(8))));
      case 5 -> join(bytes, tail(bytes, at), new byte[0]);
      default -> random(random.nextInt(4096));
    };
  }

  private byte[] flip(byte[] bytes, int at) {
    bytes[at] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private byte[] token() {
    return oneOf(TOKENS).getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] random(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  private static byte[] join(byte[] a, byte[] b, byte[] c) {
    byte[] joined = Arrays.copyOf(a, a.length + b.length + c.length);
    System.arraycopy(b, 0, joined, a.length, b.length);
    System.arraycopy(c, 0, joined, a.length + b.length, c.length);
    return joined;
  }
}
