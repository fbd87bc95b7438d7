package dev.millrace.trainer.step;

/** Arithmetic on the logits of an image. */
public final class Logits {
  private Logits() {}

  /**
   * Returns the class with the largest logit; the first one if several are equal.
   *
   * @param values logits of one or more images
   * @param first index of the first logit of the image
   * @param classes number of logits of the image
   */
  public static int argmax(float[] values, int first, int classes) {
    int largest = 0;
    for (int i = 1; i < classes; i++) {
      if (values[first + i] > values[first + largest]) {
        largest = i;
      }
    }
    return largest;
  }

  /** Returns the logarithm of the sum of the exponentials of an image's logits. */
  public static double logSumExp(float[] logits) {
    double max = logits[argmax(logits, 0, logits.length)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
