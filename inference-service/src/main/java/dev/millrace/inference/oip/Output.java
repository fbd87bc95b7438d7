package dev.millrace.inference.oip;

import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The tensors that a model answers with. */
public enum Output {
  /** The network's last layer, (N,classes). */
  LOGITS("FP32"),
  /** Their softmax, (N,classes). */
  PROBABILITIES("FP32"),
  /** The most probable class's name of each image, (N). */
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
   * @param images -1 for any
   */
  public List<Long> shape(long images, long classes) {
    return this == LABELS ? List.of(images) : List.of(images, classes);
  }

  /**
   * @throws InvalidRequestException if there is none of that name
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

  /** What a request gets that asks for nothing in particular. */
  public static List<RequestedOutput> all(boolean binary) {
    return Arrays.stream(values()).map(output -> new RequestedOutput(output, binary)).toList();
  }
}
