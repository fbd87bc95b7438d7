package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.selection.Manifests;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Lists all checkpoints and their states for operators. Thread-safe. */
public final class CheckpointListing {
  /** The state of a checkpoint. */
  public enum State {
    /** It answers requests. */
    SERVING,
    /** It failed its verification. */
    REFUSED,
    /** It is complete in the store. */
    KNOWN;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One checkpoint.
   *
   * @param manifest empty if it is missing or unreadable
   * @param reason why it was refused
   */
  public record Entry(
      String run,
      String id,
      State state,
      Optional<CheckpointManifest> manifest,
      Optional<String> reason) {
    /** Returns the accuracy in [0, 1]; empty within an epoch. */
    public Optional<Double> validationAccuracy() {
      return manifest.map(CheckpointManifest::metrics).map(CheckpointMetrics::validationAccuracy);
    }
  }

  /**
   * All checkpoints.
   *
   * @param pinned whether the served checkpoint is pinned
   * @param problem why the store could not be read; then only checkpoints that this process knows
   *     are listed
   */
  public record Listing(List<Entry> entries, boolean pinned, Optional<String> problem) {}

  private final CheckpointStore store;
  private final Manifests manifests;
  private final CheckpointReloader reloader;

  public CheckpointListing(CheckpointStore store, CheckpointReloader reloader) {
    this.manifests = new Manifests(store);
    this.store = store;
    this.reloader = reloader;
  }

  public Listing list() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Optional<Serving> serving = reloader.state().serving();
    Collection<Refused> refused = reloader.refused();
    Optional<String> problem = Optional.empty();
    try {
      for (String run : store.runs()) {
        store.checkpoints(run).forEach(id -> put(entries, known(run, id)));
      }
    } catch (RuntimeException e) {
      // If the store fails, the served checkpoint is still listed, with the problem.
      problem = Optional.of(e.toString());
    }
    refused.forEach(
        refusal ->
            put(entries, refused(refusal, entries.get(key(refusal.run(), refusal.checkpoint())))));
    serving.map(CheckpointListing::serving).ifPresent(entry -> put(entries, entry));
    return new Listing(new ArrayList<>(entries.values()), reloader.pinned().isPresent(), problem);
  }

  private Entry known(String run, String id) {
    try {
      return new Entry(run, id, State.KNOWN, manifests.of(run, id), Optional.empty());
    } catch (MalformedException e) {
      String reason = "its manifest.json is " + e.getMessage();
      return new Entry(run, id, State.REFUSED, Optional.empty(), Optional.of(reason));
    }
  }

  private static Entry refused(Refused refusal, Entry known) {
    return new Entry(
        refusal.run(),
        refusal.checkpoint(),
        State.REFUSED,
        known == null ? Optional.empty() : known.manifest(),
        Optional.of(refusal.reason()));
  }

  private static Entry serving(Serving serving) {
    CheckpointManifest manifest = serving.checkpoint();
    return new Entry(
        manifest.run(), manifest.id(), State.SERVING, Optional.of(manifest), Optional.empty());
  }

  private static void put(Map<String, Entry> entries, Entry entry) {
    entries.put(key(entry.run(), entry.id()), entry);
  }

  private static String key(String run, String id) {
    return run + "/" + id;
  }
}
