package dev.millrace.inference.oip;

import java.util.List;

/** The protocol's extensions that this server has, by the names that Triton gives them. */
public final class Extensions {
  /** As the server's metadata lists them. */
  public static final List<String> NAMES =
      List.of(BinaryTensors.EXTENSION, "model_configuration", "model_repository", "statistics");

  private Extensions() {}

  /** The answer to requests to load or unload a model. */
  public static UnsupportedRequestException noLoading(String model) {
    return new UnsupportedRequestException(
        "model '%s' is neither loaded nor unloaded by request: its versions are checkpoints of the training run, and the best one serves; POST /v1/checkpoints/ID/promote chooses another"
            .formatted(model));
  }
}
