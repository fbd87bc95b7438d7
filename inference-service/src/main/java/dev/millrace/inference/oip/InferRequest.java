package dev.millrace.inference.oip;

import dev.millrace.inference.serving.Images;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a client wants inferred, however it said so.
 *
 * @param id to be echoed
 * @param outputs what to answer with, in order
 * @param timeout Triton's request parameter of that name
 */
public record InferRequest(
    Optional<String> id, Images images, List<RequestedOutput> outputs, Optional<Duration> timeout) {

  /**
   * @param binary whether REST shall send it as bytes behind the JSON
   */
  public record RequestedOutput(Output output, boolean binary) {}
}
