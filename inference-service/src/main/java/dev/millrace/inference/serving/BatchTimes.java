package dev.millrace.inference.serving;

import java.time.Duration;

/**
 * The size of one forward pass and the duration of its parts.
 *
 * @param requests the number of requests
 * @param images the images of all requests
 * @param input copying the pixels into one buffer
 * @param infer running the network
 * @param output converting logits to classifications
 */
public record BatchTimes(
    int requests, int images, Duration input, Duration infer, Duration output) {
  /** Returns the duration of all parts. */
  public Duration total() {
    return input.plus(infer).plus(output);
  }
}
