package dev.millrace.ingest.dataset.folder;

/**
 * A picture that cannot be used.
 *
 * @param index among all pictures of the dataset, in their order
 * @param name its path below the dataset's folder, readable
 * @param lasting whether its bytes are to blame, rather than a missing permission, say
 */
record BrokenPicture(int index, String name, String reason, boolean lasting) {
  @Override
  public String toString() {
    return "%s (%s)".formatted(name, reason);
  }
}
