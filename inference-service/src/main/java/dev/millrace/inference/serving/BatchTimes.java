package dev.millrace.inference.serving;

import java.time.Duration;

/**
 * What one forward pass did and how long its parts took.
 *
 * @param requests that it answered
 * @param images of all these requests
 * @param input putting the pixels together
 * @param infer the network's work
 * @param output making classifications of the logits
 */
public record BatchTimes(
    int requests, int images, Duration input, Duration infer, Duration output) {
  /** Of all parts. */
  public Duration total() {
    return input.plus(infer).plus(output);
  }
}
