package dev.millrace.inference.oip;

import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The output tensors of the model. */
public enum Output {
  /** The output of the network's last layer, (N,classes). */
  LOGITS("FP32"),
  /** The softmax of the logits, (N,classes). */
  PROBABILITIES("FP32"),
  /** The name of the most probable class of each image, (N). */
  LABELS("BYTES");

  private final String datatype;

  Output(String datatype) {
    this.datatype = datatype;
  }

  /** The tensor's name. */
  public String tensor() {
    return name().toLowerCase(Locale.ROOT);
  }

  public String datatype() {
    return datatype;
  }

  /**
   * Returns the shape.
   *
   * @param images -1 for any
   */
  public List<Long> shape(long images, long classes) {
    return this == LABELS ? List.of(images) : List.of(images, classes);
  }

  /**
   * Finds an output by name.
   *
   * @throws InvalidRequestException if there is no such output
   */
  public static Output named(String tensor) {
    return Arrays.stream(values())
        .filter(output -> output.tensor().equals(tensor))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "output '%s' is none of %s".formatted(tensor, names())));
  }

  private static String names() {
    return Arrays.stream(values()).map(Output::tensor).collect(Collectors.joining(", "));
  }

  /** Returns the outputs for a request that names none. */
  public static List<RequestedOutput> all(boolean binary) {
    return Arrays.stream(values()).map(output -> new RequestedOutput(output, binary)).toList();
  }
}
