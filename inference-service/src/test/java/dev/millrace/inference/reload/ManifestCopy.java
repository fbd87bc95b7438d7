package dev.millrace.inference.reload;

import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Manifests that differ from a good one in one thing. */
final class ManifestCopy {
  private ManifestCopy() {}

  static CheckpointManifest of(
      CheckpointManifest m, String architecture, List<String> classes, Probe probe) {
    return copy(m, architecture, classes, probe, m.created());
  }

  static CheckpointManifest later(CheckpointManifest m) {
    return copy(m, m.architecture(), m.classes(), m.probe(), m.created().plusSeconds(1));
  }

  /** Its probe's logits are a thousandth too large. */
  static CheckpointManifest otherLogits(CheckpointManifest m) {
    List<List<Float>> logits = new ArrayList<>();
    m.probe()
        .logits()
        .forEach(row -> logits.add(row.stream().map(logit -> logit * 1.001f).toList()));
    return of(m, m.architecture(), m.classes(), new Probe(m.probe().images(), logits));
  }

  static CheckpointManifest nineClasses(CheckpointManifest m) {
    List<List<Float>> logits = m.probe().logits().stream().map(row -> row.subList(0, 9)).toList();
    Probe probe = new Probe(m.probe().images(), logits);
    return of(m, m.architecture(), m.classes().subList(0, 9), probe);
  }

  private static CheckpointManifest copy(
      CheckpointManifest m,
      String architecture,
      List<String> classes,
      Probe probe,
      Instant created) {
    return m.toBuilder()
        .architecture(architecture)
        .classes(classes)
        .probe(probe)
        .created(created)
        .build();
  }
}
