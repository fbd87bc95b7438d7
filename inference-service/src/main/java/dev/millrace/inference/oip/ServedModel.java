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
 * The one model of this server: named as its architecture, in one version at a time, the checkpoint
 * that serves. Thread-safe.
 */
public final class ServedModel {
  /** The server's name in its metadata. */
  public static final String SERVER = "millrace";

  /** How a network is computed, and how its weights are stored. */
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

  /** Images that one request may have. */
  public int maxImages() {
    return classifier.maxImages();
  }

  /**
   * @param version a checkpoint's id; empty for the one that serves
   * @return the checkpoint that serves
   * @throws UnknownModelException if there is no model of that name
   * @throws RequestRejectedException if it does not serve, or not in that version
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
   * The statistics extension.
   *
   * @param name as {@link #find} takes it
   * @param version as {@link #find} takes it
   */
  public ModelStats statistics(String name, Optional<String> version) {
    return ModelStats.of(find(name, version), statistics.snapshot());
  }

  /** The statistics of the one model; none before it serves. */
  public List<ModelStats> statistics() {
    return serving().map(model -> ModelStats.of(model, statistics.snapshot())).stream().toList();
  }

  /**
   * The model configuration extension.
   *
   * @param name as {@link #find} takes it
   * @param version as {@link #find} takes it
   */
  public ModelSettings configuration(String name, Optional<String> version) {
    return ModelSettings.of(find(name, version), classifier.limits());
  }

  /**
   * The index of the model repository extension: what serves, and the checkpoints that were refused
   * since this process began.
   *
   * @param readyOnly whether to leave out what does not serve
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
   * Cancelling the answer takes the request back.
   *
   * @param version as {@link #find} was asked for; it holds for the answer too
   * @param timeout the transport's; the request's own holds as well
   * @return see {@link Classifier#classify}
   */
  public CompletableFuture<List<Classification>> infer(
      InferRequest request, Optional<String> version, Optional<Duration> timeout) {
    Optional<Duration> shorter =
        Stream.concat(timeout.stream(), request.timeout().stream()).min(Duration::compareTo);
    return classifier.classify(new ClassificationRequest(request.images(), version, shorter));
  }
}
