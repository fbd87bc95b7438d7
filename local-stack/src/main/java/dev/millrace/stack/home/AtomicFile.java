package dev.millrace.stack.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Atomic writes of files: after a crash, a file is either complete or absent. */
public final class AtomicFile {
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> ALL = PosixFilePermissions.fromString("rw-r--r--");

  private AtomicFile() {}

  /** Writes a file that all users may read. */
  public static void write(Path file, byte[] content) {
    write(file, content, ALL);
  }

  /** Writes a file that only its owner may read. */
  static void writeSecret(Path file, byte[] content) {
    write(file, content, OWNER);
  }

  private static void write(Path file, byte[] content, Set<PosixFilePermission> permissions) {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(temporary);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(permissions))) {
        for (ByteBuffer left = ByteBuffer.wrap(content); left.hasRemaining(); ) {
          channel.write(left);
        }
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel folder = FileChannel.open(file.getParent())) {
        folder.force(true);
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot write %s (%s); remove it, or free space on the disk"
              .formatted(file, Reason.of(e)));
    }
  }
}
