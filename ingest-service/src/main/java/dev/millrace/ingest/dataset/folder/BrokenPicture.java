package dev.millrace.ingest.dataset.folder;

/**
 * A picture that cannot be decoded.
 *
 * @param index its index among all pictures of the dataset
 * @param name its path below the dataset's folder, for messages
 * @param lasting whether the cause is its bytes, and not, for example, a missing permission
 */
record BrokenPicture(int index, String name, String reason, boolean lasting) {
  @Override
  public String toString() {
    return "%s (%s)".formatted(name, reason);
  }
}
