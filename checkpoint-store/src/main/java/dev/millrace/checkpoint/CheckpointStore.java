package dev.millrace.checkpoint;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.ObjectStore.StoredObject;
import dev.millrace.store.ObjectUpdate;
import dev.millrace.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The layout of runs and checkpoints in an object store.
 *
 * <pre>
 * pin.json                                       what those serve who serve the newest run, if pinned
 * runs/RUN/best.json
 * runs/RUN/pin.json                              what those serve who serve this run, if pinned
 * runs/RUN/checkpoints/ID/weights.safetensors
 * runs/RUN/checkpoints/ID/optimizer.safetensors
 * runs/RUN/checkpoints/ID/manifest.json          written last, deleted first: it is the commit
 * runs/RUN/checkpoints/ID/deleting.json          while the checkpoint is being deleted
 * </pre>
 *
 * Thread-safe. Every method throws a {@link StoreException} when the store does not do what is
 * asked.
 */
public final class CheckpointStore {
  public static final String WEIGHTS = "weights.safetensors";
  public static final String OPTIMIZER = "optimizer.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final String DELETING = "deleting.json";
  private static final String RUNS = "runs/";
  private static final String BINARY = "application/octet-stream";
  private static final String JSON = "application/json";

  private final ObjectStore objects;
  private final ObjectUpdate updates;

  public CheckpointStore(ObjectStore objects) {
    this.objects = objects;
    updates = new ObjectUpdate(objects);
  }

  /** The names of all runs, ascending. */
  public List<String> runs() {
    return objects.folders(RUNS);
  }

  /**
   * Saves the files first and the manifest last, so that a save that is killed leaves no
   * checkpoint.
   *
   * <p>A trainer that is resumed saves the same ids again. On a CPU the bytes are the same. On a
   * GPU they may differ in the last bits; if a trainer that was just replaced still saves at the
   * same time, the files of both may mix. The manifest's hashes show that: such a checkpoint is not
   * loaded, and {@link RunRepair} goes on from an older one.
   */
  public void save(Checkpoint checkpoint) {
    CheckpointManifest manifest = checkpoint.manifest();
    String folder = folder(manifest.run(), manifest.id());
    objects.put(folder + WEIGHTS, checkpoint.weights(), BINARY);
    objects.put(folder + OPTIMIZER, checkpoint.optimizer(), BINARY);
    objects.put(folder + MANIFEST, Json.prettyBytes(manifest), JSON);
  }

  /** Ids of the complete checkpoints of a run, by ascending step. */
  public List<String> checkpoints(String run) {
    return ids(run, MANIFEST)
        .sorted(Comparator.comparing(CheckpointStore::stepPart).thenComparing(id -> id))
        .toList();
  }

  /** Ids of the checkpoints that have a file. */
  private Stream<String> ids(String run, String file) {
    String prefix = RUNS + run + "/checkpoints/";
    return objects.keys(prefix).stream()
        .filter(key -> key.endsWith("/" + file))
        .map(key -> key.substring(prefix.length(), key.length() - file.length() - 1));
  }

  private static String stepPart(String id) {
    return id.substring(id.lastIndexOf('-') + 1);
  }

  public Optional<CheckpointManifest> manifest(String run, String id) {
    return objects
        .get(folder(run, id) + MANIFEST)
        .map(object -> Json.read(object.content(), CheckpointManifest.class));
  }

  /** The complete checkpoint with the most steps. */
  public Optional<CheckpointManifest> newest(String run) {
    List<String> ids = checkpoints(run);
    return ids.isEmpty() ? Optional.empty() : manifest(run, ids.get(ids.size() - 1));
  }

  /**
   * @throws CorruptCheckpointException if a file is missing or not the one that the manifest names
   */
  public Checkpoint load(CheckpointManifest manifest) {
    return new Checkpoint(
        manifest, verified(manifest, manifest.weights()), verified(manifest, manifest.optimizer()));
  }

  /**
   * The bytes of {@code weights.safetensors}, as {@link #load} verifies them.
   *
   * @throws CorruptCheckpointException if the file is missing or not the one that is named
   */
  public byte[] loadWeights(CheckpointManifest manifest) {
    return verified(manifest, manifest.weights());
  }

  private byte[] verified(CheckpointManifest manifest, StoredFile file) {
    String key = folder(manifest.run(), manifest.id()) + file.name();
    byte[] content =
        objects
            .get(key)
            .map(StoredObject::content)
            .orElseThrow(() -> new CorruptCheckpointException(key + " is missing"));
    StoredFile found = describe(file.name(), content);
    if (!found.equals(file)) {
      throw new CorruptCheckpointException(
          "%s has %d bytes and SHA-256 %s; its manifest says %d and %s"
              .formatted(key, found.bytes(), found.sha256(), file.bytes(), file.sha256()));
    }
    return content;
  }

  /** What a manifest says of a file. */
  public static StoredFile describe(String name, byte[] content) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      return new StoredFile(name, content.length, HexFormat.of().formatHex(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Removes the manifest first, so that no reader takes a half-deleted checkpoint for a whole one.
   */
  public void delete(String run, String id) {
    String folder = folder(run, id);
    objects.delete(folder + MANIFEST);
    // The mark last: until then another process knows what to complete.
    objects.keys(folder).stream()
        .sorted(Comparator.comparing(key -> key.endsWith(DELETING)))
        .forEach(objects::delete);
  }

  /**
   * Deletes a checkpoint unless it is pinned.
   *
   * <p>A person may pin it at the same moment. Therefore this method first marks the checkpoint,
   * with {@code deleting.json}, and then reads the pins, while {@link #pinIfThere} first writes the
   * pin and then looks for the mark and the manifest. Whichever order the four requests take, at
   * least one side sees the other: the checkpoint stays, or the pin is withdrawn.
   *
   * @return whether it was deleted
   */
  public boolean deleteUnlessPinned(String run, String id) {
    String mark = folder(run, id) + DELETING;
    objects.put(mark, "{}\n".getBytes(StandardCharsets.UTF_8), JSON);
    if (pinnedOf(run).contains(id)) {
      objects.delete(mark);
      return false;
    }
    delete(run, id);
    return true;
  }

  /** Deletes what is left of checkpoints whose deletion a killed process did not complete. */
  public void finishDeletions(String run) {
    Set<String> complete = new HashSet<>(checkpoints(run));
    ids(run, DELETING).filter(id -> !complete.contains(id)).forEach(id -> delete(run, id));
  }

  public Optional<BestCheckpoint> best(String run) {
    return objects
        .get(bestKey(run))
        .map(object -> Json.read(object.content(), BestCheckpoint.class));
  }

  /**
   * Points {@code best.json} at a checkpoint if that is better than what stands there, by
   * validation accuracy; of equals the earlier one stays.
   *
   * @return whether it is the best now
   */
  public boolean offerBest(BestCheckpoint candidate) {
    boolean written =
        updates.update(
            bestKey(candidate.run()),
            current ->
                current
                        .map(content -> Json.read(content, BestCheckpoint.class))
                        .filter(best -> best.validationAccuracy() >= candidate.validationAccuracy())
                        .isPresent()
                    ? Optional.empty()
                    : Optional.of(Json.prettyBytes(candidate)));
    return written || best(candidate.run()).filter(candidate::equals).isPresent();
  }

  /** Points {@code best.json} at a checkpoint, whatever it holds now. */
  void putBest(BestCheckpoint best) {
    byte[] content = Json.prettyBytes(best);
    updates.update(
        bestKey(best.run()),
        current -> isEqual(current, content) ? Optional.empty() : Optional.of(content));
  }

  /**
   * Deletes {@code best.json}.
   *
   * @return whether there was one
   */
  boolean deleteBest(String run) {
    boolean present = objects.get(bestKey(run)).isPresent();
    if (present) {
      objects.delete(bestKey(run));
    }
    return present;
  }

  /**
   * @param run the run that is served; empty where the newest one is
   * @throws dev.millrace.protocol.MalformedException if what stands there is no pin
   */
  public Optional<PinnedCheckpoint> pinned(Optional<String> run) {
    return objects
        .get(pinKey(run))
        .map(object -> Json.read(object.content(), PinnedCheckpoint.class));
  }

  /** Holds a checkpoint, in the store or not, until {@link #unpin}; the last one to pin wins. */
  public void pin(Optional<String> run, PinnedCheckpoint pin) {
    objects.put(pinKey(run), Json.prettyBytes(pin), JSON);
  }

  /**
   * Pins a checkpoint that is in the store. If the trainer deletes it at the same moment, the pin
   * that was there before is put back; {@link #deleteUnlessPinned} says how the two meet.
   *
   * @return whether it is pinned; false if it is not in the store or is being deleted
   */
  public boolean pinIfThere(Optional<String> run, PinnedCheckpoint pin) {
    String key = pinKey(run);
    Optional<byte[]> before = objects.get(key).map(StoredObject::content);
    pin(run, pin);
    String folder = folder(pin.run(), pin.checkpoint());
    // In this order: the mark is deleted after the manifest.
    if (objects.get(folder + DELETING).isEmpty() && objects.get(folder + MANIFEST).isPresent()) {
      return true;
    }
    byte[] ours = Json.prettyBytes(pin);
    if (before.isPresent()) {
      updates.update(key, now -> isEqual(now, ours) ? before : Optional.empty());
    } else if (isEqual(objects.get(key).map(StoredObject::content), ours)) {
      objects.delete(key);
    }
    return false;
  }

  private static boolean isEqual(Optional<byte[]> content, byte[] other) {
    return content.filter(bytes -> Arrays.equals(bytes, other)).isPresent();
  }

  public void unpin(Optional<String> run) {
    objects.delete(pinKey(run));
  }

  /** Ids of the run's checkpoints that are pinned, and so must not be deleted. */
  public Set<String> pinnedOf(String run) {
    Set<String> ids = new HashSet<>();
    for (Optional<String> scope : List.of(Optional.of(run), Optional.<String>empty())) {
      try {
        pinned(scope)
            .filter(pin -> run.equals(pin.run()))
            .ifPresent(pin -> ids.add(pin.checkpoint()));
      } catch (MalformedException e) {
        // A damaged pin holds nothing; whoever serves by it says so.
        continue;
      }
    }
    return ids;
  }

  /**
   * A document of a run besides its checkpoints, such as {@code run.json}.
   *
   * @param path below the run's folder
   */
  public void putDocument(String run, String path, byte[] content, String contentType) {
    objects.put(RUNS + run + "/" + path, content, contentType);
  }

  public Optional<byte[]> document(String run, String path) {
    return objects.get(RUNS + run + "/" + path).map(StoredObject::content);
  }

  /** Paths of a run's documents below a folder, ascending. */
  public List<String> documents(String run, String folder) {
    String prefix = RUNS + run + "/";
    return objects.keys(prefix + folder).stream()
        .map(key -> key.substring(prefix.length()))
        .toList();
  }

  private static String folder(String run, String id) {
    return RUNS + run + "/checkpoints/" + id + "/";
  }

  private static String pinKey(Optional<String> run) {
    return run.map(name -> RUNS + name + "/").orElse("") + "pin.json";
  }

  private static String bestKey(String run) {
    return RUNS + run + "/best.json";
  }
}
