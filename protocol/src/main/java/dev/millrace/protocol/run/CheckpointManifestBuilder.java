package dev.millrace.protocol.run;

import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A builder of {@link CheckpointManifest}, whose components it describes. Values that are not set
 * are absent from the manifest.
 */
public final class CheckpointManifestBuilder {
  private final int schema;
  private final String run;
  private String id;
  private int epoch;
  private long step;
  private String stream;
  private String architecture;
  private String dataset;
  private Recipe recipe;
  private Map<Integer, Long> nextOffsets;
  private EpochProgress progress;
  private CheckpointMetrics metrics;
  private Normalization normalization;
  private List<String> classes;
  private StoredFile weights;
  private StoredFile optimizer;
  private Probe probe;
  private Instant created;

  CheckpointManifestBuilder(String run, int epoch, long step) {
    schema = CheckpointManifest.SCHEMA;
    this.run = run;
    position(epoch, step);
  }

  CheckpointManifestBuilder(CheckpointManifest manifest) {
    schema = manifest.schema();
    run = manifest.run();
    id = manifest.id();
    epoch = manifest.epoch();
    step = manifest.step();
    stream = manifest.stream();
    architecture = manifest.architecture();
    dataset = manifest.dataset();
    recipe = manifest.recipe();
    nextOffsets = manifest.nextOffsets();
    progress = manifest.progress();
    metrics = manifest.metrics();
    normalization = manifest.normalization();
    classes = manifest.classes();
    weights = manifest.weights();
    optimizer = manifest.optimizer();
    probe = manifest.probe();
    created = manifest.created();
  }

  /** Sets the epoch and the step, and the id that belongs to them. */
  public CheckpointManifestBuilder position(int epoch, long step) {
    this.epoch = epoch;
    this.step = step;
    return id(CheckpointManifest.id(epoch, step));
  }

  /** Sets another id than that of the position. */
  public CheckpointManifestBuilder id(String id) {
    this.id = id;
    return this;
  }

  public CheckpointManifestBuilder stream(String streamId) {
    stream = streamId;
    return this;
  }

  public CheckpointManifestBuilder architecture(String name) {
    architecture = name;
    return this;
  }

  public CheckpointManifestBuilder dataset(String name) {
    dataset = name;
    return this;
  }

  public CheckpointManifestBuilder recipe(Recipe recipe) {
    this.recipe = recipe;
    return this;
  }

  public CheckpointManifestBuilder nextOffsets(Map<Integer, Long> byPartition) {
    nextOffsets = byPartition;
    return this;
  }

  public CheckpointManifestBuilder progress(EpochProgress progress) {
    this.progress = progress;
    return this;
  }

  /** Sets the metrics of the epoch; null in mid-epoch. */
  public CheckpointManifestBuilder metrics(CheckpointMetrics metrics) {
    this.metrics = metrics;
    return this;
  }

  public CheckpointManifestBuilder normalization(Normalization normalization) {
    this.normalization = normalization;
    return this;
  }

  public CheckpointManifestBuilder classes(List<String> names) {
    classes = names;
    return this;
  }

  /** Sets the descriptions of the two files of the checkpoint. */
  public CheckpointManifestBuilder files(StoredFile weights, StoredFile optimizer) {
    this.weights = weights;
    this.optimizer = optimizer;
    return this;
  }

  public CheckpointManifestBuilder probe(Probe probe) {
    this.probe = probe;
    return this;
  }

  public CheckpointManifestBuilder created(Instant time) {
    created = time;
    return this;
  }

  public CheckpointManifest build() {
    return new CheckpointManifest(
        schema,
        id,
        run,
        stream,
        architecture,
        dataset,
        recipe,
        epoch,
        step,
        nextOffsets,
        progress,
        metrics,
        normalization,
        classes,
        weights,
        optimizer,
        probe,
        created);
  }
}
