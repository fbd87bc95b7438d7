package dev.millrace.ingest.dataset.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the decoded images of a dataset are stored.
 *
 * @param cache a folder for decoded pictures; created if it does not exist
 * @param memoryBytes how many bytes of pixels the heap may hold; a larger dataset is read from its
 *     file on each access
 * @param room returns the free space of a folder's disk in bytes
 */
public record Storage(Path cache, long memoryBytes, Room room) {

  /** Returns the free space of disks. */
  interface Room {
    long bytes(Path folder) throws IOException;
  }

  /** Uses the free space that the operating system reports. */
  public Storage(Path cache, long memoryBytes) {
    this(cache, memoryBytes, folder -> Files.getFileStore(folder).getUsableSpace());
  }
}
