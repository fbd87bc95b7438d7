package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.Dataset;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A published {@code .tar.gz} with one folder in it.
 *
 * @param name the file's, relative to where it is published
 * @param sha256 hexadecimal
 * @param folder what it unpacks to
 */
record Archive(String name, long bytes, String sha256, String folder) {

  String sha256Of(Path file) throws IOException {
    MessageDigest sha = Dataset.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  /**
   * Unpacks beside the target and renames at the end, so that a folder of that name is whole. Links
   * and what would go outside are left out.
   *
   * @throws IOException if the disk is full, say; nothing of the folder's name is left then
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
