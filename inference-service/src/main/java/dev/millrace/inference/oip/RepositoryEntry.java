package dev.millrace.inference.oip;

/**
 * A version of the model in the index of the model repository extension.
 *
 * @param version a checkpoint's id
 * @param state {@code READY} or {@code UNAVAILABLE}
 * @param reason why it is not ready; empty if it is
 */
public record RepositoryEntry(String name, String version, String state, String reason) {
  static RepositoryEntry ready(String name, String version) {
    return new RepositoryEntry(name, version, "READY", "");
  }

  static RepositoryEntry unavailable(String name, String version, String reason) {
    return new RepositoryEntry(name, version, "UNAVAILABLE", reason);
  }
}
