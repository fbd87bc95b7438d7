package dev.millrace.inference.oip;

import dev.millrace.inference.serving.Images;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An inference request of any transport.
 *
 * @param id the id that the response repeats
 * @param outputs the requested outputs, in order
 * @param timeout Triton's request parameter {@code timeout}
 */
public record InferRequest(
    Optional<String> id, Images images, List<RequestedOutput> outputs, Optional<Duration> timeout) {

  /**
   * A requested output.
   *
   * @param binary whether REST sends it as bytes after the JSON
   */
  public record RequestedOutput(Output output, boolean binary) {}
}
