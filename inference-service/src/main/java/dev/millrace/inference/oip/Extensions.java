package dev.millrace.inference.oip;

import java.util.List;

/** The protocol extensions that this server supports, with Triton's names. */
public final class Extensions {
  /** The names in the server's metadata. */
  public static final List<String> NAMES =
      List.of(BinaryTensors.EXTENSION, "model_configuration", "model_repository", "statistics");

  private Extensions() {}

  /** Creates the failure of requests to load or unload a model. */
  public static UnsupportedRequestException noLoading(String model) {
    return new UnsupportedRequestException(
        "model '%s' cannot be loaded or unloaded by request: its versions are checkpoints of the training run, and the best one serves; POST /v1/checkpoints/ID/promote chooses another"
            .formatted(model));
  }
}
