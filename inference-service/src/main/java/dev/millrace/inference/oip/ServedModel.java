package dev.millrace.inference.oip;

import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.ClassificationRequest;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.InferenceStatistics;
import dev.millrace.inference.serving.RequestRejectedException;
import dev.millrace.model.Architecture;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The only model of this server. Its name is the architecture, and its only version is the served
 * checkpoint. Thread-safe.
 */
public final class ServedModel {
  /** The server's name in its metadata. */
  public static final String SERVER = "millrace";

  /** The platform: the engine and the weights' format. */
  public static final String PLATFORM = "pytorch_safetensors";

  private final CheckpointReloader reloader;
  private final Classifier classifier;
  private final InferenceStatistics statistics;

  public ServedModel(
      CheckpointReloader reloader, Classifier classifier, InferenceStatistics statistics) {
    this.reloader = reloader;
    this.classifier = classifier;
    this.statistics = statistics;
  }

  public boolean isLive() {
    return classifier.isAlive();
  }

  public boolean isReady() {
    return reloader.state().serving().isPresent() && isLive();
  }

  /** Returns the most images that one request may have. */
  public int maxImages() {
    return classifier.maxImages();
  }

  /**
   * Finds the model by its name and version.
   *
   * @param version a checkpoint's id; empty for the served one
   * @return the served checkpoint
   * @throws UnknownModelException if there is no model of that name
   * @throws RequestRejectedException if no model serves, or another version
   */
  public CheckpointManifest find(String name, Optional<String> version) {
    CheckpointManifest serving = serving().orElse(null);
    if (serving == null && isArchitecture(name)) {
      throw RequestRejectedException.nothing();
    }
    if (serving == null || !serving.architecture().equals(name)) {
      throw new UnknownModelException(
          serving == null
              ? "model '%s' is unknown".formatted(name)
              : "model '%s' is unknown; %s is served".formatted(name, serving.architecture()));
    }
    if (version.isPresent() && !version.get().equals(serving.id())) {
      throw RequestRejectedException.other(version.get(), serving.id());
    }
    return serving;
  }

  /**
   * Returns the statistics of the model.
   *
   * @param name as {@link #find} takes it
   * @param version as {@link #find} takes it
   */
  public ModelStats statistics(String name, Optional<String> version) {
    return ModelStats.of(find(name, version), statistics.snapshot());
  }

  /** Returns the statistics of all models; empty before the model serves. */
  public List<ModelStats> statistics() {
    return serving().map(model -> ModelStats.of(model, statistics.snapshot())).stream().toList();
  }

  /**
   * Returns the configuration of the model.
   *
   * @param name as {@link #find} takes it
   * @param version as {@link #find} takes it
   */
  public ModelSettings configuration(String name, Optional<String> version) {
    return ModelSettings.of(find(name, version), classifier.limits());
  }

  /**
   * Returns the index of the model repository: the served checkpoint, and those that were refused
   * since the process began.
   *
   * @param readyOnly whether to list the served checkpoint only
   */
  public List<RepositoryEntry> repository(boolean readyOnly) {
    List<RepositoryEntry> entries = new ArrayList<>();
    serving()
        .ifPresent(
            model -> {
              entries.add(RepositoryEntry.ready(model.architecture(), model.id()));
              if (!readyOnly) {
                reloader
                    .refused()
                    .forEach(
                        refused ->
                            entries.add(
                                RepositoryEntry.unavailable(
                                    model.architecture(), refused.checkpoint(), refused.reason())));
              }
            });
    return entries;
  }

  private Optional<CheckpointManifest> serving() {
    return reloader.state().serving().map(Serving::checkpoint);
  }

  private static boolean isArchitecture(String name) {
    try {
      Architecture.named(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Infers images. Cancelling the answer cancels the request.
   *
   * @param version as in {@link #find}; the answer comes from this version
   * @param timeout the transport's; the request's own timeout applies too
   * @return see {@link Classifier#classify}
   */
  public CompletableFuture<List<Classification>> infer(
      InferRequest request, Optional<String> version, Optional<Duration> timeout) {
    Optional<Duration> shorter =
        Stream.concat(timeout.stream(), request.timeout().stream()).min(Duration::compareTo);
    return classifier.classify(new ClassificationRequest(request.images(), version, shorter));
  }
}
