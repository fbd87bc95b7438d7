package dev.millrace.stack.process;

import dev.millrace.stack.home.Reason;
import dev.millrace.stack.home.StackException;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The classes of a program as its JVM had them in memory (JEP 350), so that its next start need not
 * parse and verify them: Kafka then takes half the time. The first process of a build writes it
 * when it ends.
 */
final class ClassArchive {
  private final Path file;
  private final Path unfinished;
  private final boolean possible;

  /**
   * @param folder where archives are kept, with what was built
   * @param program names the archive, of one class path and one JVM
   * @param owner who may write one meanwhile; only one process at a time for each owner
   */
  ClassArchive(Path folder, String program, String classPath, Path owner) {
    List<Path> jars = List.of(classPath.split(File.pathSeparator)).stream().map(Path::of).toList();
    String key = "%s-%08x".formatted(program, checksum(jars));
    file = folder.resolve(key + ".jsa");
    unfinished = folder.resolve("%s-%08x.unfinished".formatted(key, owner.hashCode()));
    // A JVM archives nothing, and ends with an error, if classes come from folders.
    possible = Files.isWritable(folder) && jars.stream().allMatch(Files::isRegularFile);
  }

  /** For the JVM of a process that is about to start: use the archive, or write it at the end. */
  List<String> options() {
    if (!possible) {
      return List.of();
    }
    return Files.exists(file)
        ? List.of("-XX:SharedArchiveFile=" + file, "-XX:+VerifySharedSpaces")
        : List.of("-XX:ArchiveClassesAtExit=" + unfinished, "-Xlog:cds=off,cds+dynamic=off");
  }

  /**
   * Keeps what a process has written that ended as it was asked to, and removes what other builds
   * have left.
   */
  void keep() {
    if (!Files.exists(unfinished)) {
      return;
    }
    try {
      // A JVM checks an archive's bytes, but dies of one that is cut short.
      try (FileChannel written = FileChannel.open(unfinished)) {
        written.force(true);
      }
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      String program = file.getFileName().toString().replaceFirst("-[^-]*$", "");
      try (DirectoryStream<Path> others =
          Files.newDirectoryStream(file.getParent(), program + "-*.{jsa,unfinished}")) {
        for (Path other : others) {
          if (!other.equals(file)) {
            Files.deleteIfExists(other);
          }
        }
      }
    } catch (IOException e) {
      throw new StackException("cannot keep %s (%s)".formatted(file, Reason.of(e)));
    }
  }

  /** Over what a JVM compares before it takes an archive, and over what JVM it is. */
  private static long checksum(List<Path> jars) {
    CRC32 checksum = new CRC32();
    checksum.update(bytes(Runtime.version() + System.getProperty("java.home")));
    for (Path jar : jars) {
      File entry = jar.toFile();
      checksum.update(bytes("%s %d %d\n".formatted(jar, entry.length(), entry.lastModified())));
    }
    return checksum.getValue();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
