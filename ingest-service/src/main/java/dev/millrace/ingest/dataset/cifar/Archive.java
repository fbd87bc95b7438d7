package dev.millrace.ingest.dataset.cifar;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A published {@code .tar.gz} file that holds one folder.
 *
 * @param name the file's name, relative to the address where it is published
 * @param bytes the file's size
 * @param sha256 of the file, hexadecimal
 * @param folder the name of the folder
 */
record Archive(String name, long bytes, String sha256, String folder) {

  /**
   * Unpacks the archive. The folder gets its name at the end, so a folder of that name is always
   * complete. Links and entries that would be written outside of the folder are skipped.
   *
   * @param target where to create the folder
   * @throws IOException for example if the disk is full; the folder does not exist then
   */
  void unpack(Path file, Path target) throws IOException {
    Path temporary = target.resolve(folder + ".new");
    delete(temporary);
    try (var tar =
        new TarArchiveInputStream(
            new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file))))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path to = temporary.resolve(entry.getName()).normalize();
        boolean content = entry.isFile() && !entry.isSymbolicLink() && !entry.isLink();
        if (content && to.startsWith(temporary)) {
          Files.createDirectories(to.getParent());
          Files.copy(tar, to);
        }
      }
      Files.move(temporary.resolve(folder), target.resolve(folder), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(temporary);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
