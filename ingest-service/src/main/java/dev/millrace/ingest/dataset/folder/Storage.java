package dev.millrace.ingest.dataset.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the images of a dataset are kept.
 *
 * @param cache a folder for decoded pictures, made if need be
 * @param memoryBytes how many bytes of pixels the heap may hold; a larger dataset is read from its
 *     file when its images are asked for
 * @param room tells how many bytes the disk of a folder has room for
 */
public record Storage(Path cache, long memoryBytes, Room room) {

  /** The free space of disks. */
  interface Room {
    long bytes(Path folder) throws IOException;
  }

  /** A folder on a disk that has the room that it says it has. */
  public Storage(Path cache, long memoryBytes) {
    this(cache, memoryBytes, folder -> Files.getFileStore(folder).getUsableSpace());
  }
}
