package dev.millrace.checkpoint;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.NumberOrder;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.ObjectStore.StoredObject;
import dev.millrace.store.ObjectUpdate;
import dev.millrace.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads and writes the runs and checkpoints in an object store. The keys are:
 *
 * <pre>
 * pin.json                                       pin of deployments that follow the newest run
 * runs/RUN/best.json
 * runs/RUN/pin.json                              pin of deployments that serve this run
 * runs/RUN/checkpoints/ID/weights.safetensors
 * runs/RUN/checkpoints/ID/optimizer.safetensors
 * runs/RUN/checkpoints/ID/manifest.json          written last, deleted first: the commit
 * runs/RUN/checkpoints/ID/deleting.json          exists while the checkpoint is being deleted
 * </pre>
 *
 * Thread-safe. Every method throws a {@link StoreException} if a request to the store fails.
 */
public final class CheckpointStore {
  public static final String WEIGHTS = "weights.safetensors";
  public static final String OPTIMIZER = "optimizer.safetensors";
  private static final String BINARY = "application/octet-stream";
  private static final String JSON = "application/json";

  private final ObjectStore objects;
  private final BestPointer best;
  private final Pins pins;

  public CheckpointStore(ObjectStore objects) {
    this.objects = objects;
    ObjectUpdate updates = new ObjectUpdate(objects);
    best = new BestPointer(objects, updates);
    pins = new Pins(objects, updates);
  }

  /** Returns the names of all runs, in ascending order. */
  public List<String> runs() {
    return objects.folders(RunKeys.RUNS);
  }

  /**
   * Saves a checkpoint. The manifest is written last, so that an interrupted save leaves no
   * checkpoint.
   *
   * <p>A resumed trainer saves the same ids again. On a CPU the bytes are identical. On a GPU they
   * may differ in the last bits. If a replaced trainer is still saving at the same time, the files
   * of both trainers may mix. The hashes in the manifest then do not match, the checkpoint is not
   * loaded, and {@link RunRepair} resumes from an older one.
   */
  public void save(Checkpoint checkpoint) {
    CheckpointManifest manifest = checkpoint.manifest();
    String folder = RunKeys.checkpoint(manifest.run(), manifest.id());
    objects.put(folder + WEIGHTS, checkpoint.weights(), BINARY);
    objects.put(folder + OPTIMIZER, checkpoint.optimizer(), BINARY);
    objects.put(folder + RunKeys.MANIFEST, Json.prettyBytes(manifest), JSON);
  }

  /** Returns the ids of the complete checkpoints of a run, ordered by step. */
  public List<String> checkpoints(String run) {
    return ids(run, RunKeys.MANIFEST)
        .sorted(
            Comparator.comparing(CheckpointStore::stepPart, NumberOrder.INSTANCE)
                .thenComparing(NumberOrder.INSTANCE))
        .toList();
  }

  /** Returns the ids of the checkpoints that contain the given file. */
  private Stream<String> ids(String run, String file) {
    String prefix = RunKeys.checkpoints(run);
    return objects.keys(prefix).stream()
        .filter(key -> key.endsWith("/" + file))
        .map(key -> key.substring(prefix.length(), key.length() - file.length() - 1));
  }

  private static String stepPart(String id) {
    return id.substring(id.lastIndexOf('-') + 1);
  }

  public Optional<CheckpointManifest> manifest(String run, String id) {
    return objects
        .get(RunKeys.checkpoint(run, id) + RunKeys.MANIFEST)
        .map(object -> Json.read(object.content(), CheckpointManifest.class));
  }

  /** Returns the complete checkpoint with the highest step. */
  public Optional<CheckpointManifest> newest(String run) {
    List<String> ids = checkpoints(run);
    return ids.isEmpty() ? Optional.empty() : manifest(run, ids.get(ids.size() - 1));
  }

  /**
   * Loads the files of a checkpoint and verifies their sizes and hashes.
   *
   * @throws CorruptCheckpointException if a file is missing or does not match the manifest
   */
  public Checkpoint load(CheckpointManifest manifest) {
    return new Checkpoint(
        manifest, verified(manifest, manifest.weights()), verified(manifest, manifest.optimizer()));
  }

  /**
   * Returns the content of {@code weights.safetensors}, verified as in {@link #load}.
   *
   * @throws CorruptCheckpointException if the file is missing or does not match the manifest
   */
  public byte[] loadWeights(CheckpointManifest manifest) {
    return verified(manifest, manifest.weights());
  }

  private byte[] verified(CheckpointManifest manifest, StoredFile file) {
    String key = RunKeys.checkpoint(manifest.run(), manifest.id()) + file.name();
    byte[] content =
        objects
            .get(key)
            .map(StoredObject::content)
            .orElseThrow(() -> new CorruptCheckpointException(key + " is missing"));
    StoredFile found = StoredFile.of(file.name(), content);
    if (!found.equals(file)) {
      throw new CorruptCheckpointException(
          "%s has %d bytes and SHA-256 %s; its manifest says %d and %s"
              .formatted(key, found.bytes(), found.sha256(), file.bytes(), file.sha256()));
    }
    return content;
  }

  /**
   * Deletes a checkpoint. The manifest is deleted first, so that no reader treats a partly deleted
   * checkpoint as complete.
   */
  public void delete(String run, String id) {
    String folder = RunKeys.checkpoint(run, id);
    objects.delete(folder + RunKeys.MANIFEST);
    // The deletion marker goes last: it tells other processes that the deletion is incomplete.
    objects.keys(folder).stream()
        .sorted(Comparator.comparing(key -> key.endsWith(RunKeys.DELETING)))
        .forEach(objects::delete);
  }

  /**
   * Deletes a checkpoint unless it is pinned.
   *
   * <p>A user may pin the checkpoint at the same time. Therefore this method first writes the
   * marker {@code deleting.json} and then reads the pins, while {@link #pinIfPresent} first writes
   * the pin and then checks the marker and the manifest. In every interleaving of these requests,
   * at least one side sees the other: either the checkpoint is kept or the pin is removed.
   *
   * @return whether the checkpoint was deleted
   */
  public boolean deleteUnlessPinned(String run, String id) {
    String mark = RunKeys.checkpoint(run, id) + RunKeys.DELETING;
    objects.put(mark, "{}\n".getBytes(StandardCharsets.UTF_8), JSON);
    if (pins.of(run).contains(id)) {
      objects.delete(mark);
      return false;
    }
    delete(run, id);
    return true;
  }

  /** Completes deletions that were interrupted when a process was killed. */
  public void finishDeletions(String run) {
    Set<String> complete = new HashSet<>(checkpoints(run));
    ids(run, RunKeys.DELETING).filter(id -> !complete.contains(id)).forEach(id -> delete(run, id));
  }

  public Optional<BestCheckpoint> best(String run) {
    return best.get(run);
  }

  /**
   * Updates {@code best.json} if the candidate has a higher validation accuracy than the current
   * best checkpoint. If they are equal, the earlier checkpoint stays the best.
   *
   * @return whether the candidate is now the best checkpoint
   */
  public boolean offerBest(BestCheckpoint candidate) {
    return best.offer(candidate);
  }

  /** Writes {@code best.json} regardless of its current content. */
  void putBest(BestCheckpoint checkpoint) {
    best.put(checkpoint);
  }

  /**
   * Deletes {@code best.json}.
   *
   * @return whether it existed
   */
  boolean deleteBest(String run) {
    return best.delete(run);
  }

  /**
   * Returns the pinned checkpoint.
   *
   * @param run the run of deployments that serve one run; empty for deployments that follow the
   *     newest run
   * @throws dev.millrace.protocol.MalformedException if the pin cannot be parsed
   */
  public Optional<PinnedCheckpoint> pinned(Optional<String> run) {
    return pins.get(run);
  }

  /**
   * Pins a checkpoint until {@link #unpin}, whether or not it is in the store, and replaces an
   * existing pin.
   */
  public void pin(Optional<String> run, PinnedCheckpoint pin) {
    pins.put(run, pin);
  }

  /**
   * Pins a checkpoint if it is in the store. If the trainer is deleting the checkpoint at the same
   * time, the previous pin is restored; see {@link #deleteUnlessPinned}.
   *
   * @return whether the checkpoint is pinned; false if it is not in the store or is being deleted
   */
  public boolean pinIfPresent(Optional<String> run, PinnedCheckpoint pin) {
    return pins.putIfPresent(run, pin);
  }

  public void unpin(Optional<String> run) {
    pins.delete(run);
  }

  /** Returns the ids of the run's pinned checkpoints, which must not be deleted. */
  public Set<String> pinnedOf(String run) {
    return pins.of(run);
  }

  /**
   * Writes a document that belongs to a run but to no checkpoint, such as {@code run.json}.
   *
   * @param path relative to the folder of the run
   */
  public void putDocument(String run, String path, byte[] content, String contentType) {
    objects.put(RunKeys.run(run) + path, content, contentType);
  }

  public Optional<byte[]> document(String run, String path) {
    return objects.get(RunKeys.run(run) + path).map(StoredObject::content);
  }

  /** Returns the paths of a run's documents below a folder, ordered by the numbers in them. */
  public List<String> documents(String run, String folder) {
    String prefix = RunKeys.run(run);
    return objects.keys(prefix + folder).stream()
        .map(key -> key.substring(prefix.length()))
        .sorted(NumberOrder.INSTANCE)
        .toList();
  }
}
