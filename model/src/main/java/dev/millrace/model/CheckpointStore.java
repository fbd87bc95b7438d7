package dev.millrace.model;

import dev.millrace.model.CheckpointManifest.StoredFile;
import dev.millrace.model.ObjectStore.StoredObject;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
 * </pre>
 *
 * Thread-safe. Every method throws {@link StoreUnavailableException} when the store is away.
 */
public final class CheckpointStore {
  public static final String WEIGHTS = "weights.safetensors";
  public static final String OPTIMIZER = "optimizer.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final String RUNS = "runs/";
  private static final String BINARY = "application/octet-stream";
  private static final String JSON = "application/json";

  private final ObjectStore objects;

  public CheckpointStore(ObjectStore objects) {
    this.objects = objects;
  }

  /** The names of all runs, ascending. */
  public List<String> runs() {
    return objects.folders(RUNS);
  }

  /** Saving the same checkpoint again is harmless: its bytes are the same. */
  public void save(Checkpoint checkpoint) {
    CheckpointManifest manifest = checkpoint.manifest();
    String folder = folder(manifest.run(), manifest.id());
    objects.put(folder + WEIGHTS, checkpoint.weights(), BINARY);
    objects.put(folder + OPTIMIZER, checkpoint.optimizer(), BINARY);
    objects.put(folder + MANIFEST, Json.prettyBytes(manifest), JSON);
  }

  /** Ids of the complete checkpoints of a run, by ascending step. */
  public List<String> checkpoints(String run) {
    String prefix = RUNS + run + "/checkpoints/";
    return objects.keys(prefix).stream()
        .filter(key -> key.endsWith("/" + MANIFEST))
        .map(key -> key.substring(prefix.length(), key.length() - MANIFEST.length() - 1))
        .sorted(Comparator.comparing(CheckpointStore::stepPart).thenComparing(id -> id))
        .toList();
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

  /** Removes the manifest first, so that no reader takes a half-deleted checkpoint for one. */
  public void delete(String run, String id) {
    String folder = folder(run, id);
    objects.delete(folder + MANIFEST);
    objects.keys(folder).forEach(objects::delete);
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
    while (true) {
      Optional<StoredObject> current = objects.get(bestKey(candidate.run()));
      Optional<BestCheckpoint> best =
          current.map(object -> Json.read(object.content(), BestCheckpoint.class));
      if (best.isPresent() && best.get().validationAccuracy() >= candidate.validationAccuracy()) {
        return best.get().equals(candidate);
      }
      if (objects.putIfUnchanged(
          bestKey(candidate.run()),
          Json.prettyBytes(candidate),
          JSON,
          current.map(StoredObject::etag))) {
        return true;
      }
    }
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

  /** Holds a checkpoint until {@link #unpin}; the last one to pin wins. */
  public void pin(Optional<String> run, PinnedCheckpoint pin) {
    objects.put(pinKey(run), Json.prettyBytes(pin), JSON);
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
