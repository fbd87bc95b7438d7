package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.folder.FolderLayout.ClassFolder;
import dev.millrace.protocol.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A digest of the names, sizes and times of a folder's pictures: if it is unchanged, so are the
 * pictures. It includes {@code ctime}, which cannot be set back when a file is replaced, unlike the
 * modification time.
 */
final class Fingerprint {
  /** Version of the decoding. Change it whenever the decoded pixels change. */
  private static final String DECODER = "pictures/1";

  private static final String ATTRIBUTES = "unix:size,lastModifiedTime,ctime";

  private Fingerprint() {}

  /** Returns a SHA-256 in hexadecimal. */
  static String of(Path root, List<ClassFolder> folders) {
    MessageDigest sha = Sha256.create();
    sha.update(DECODER.getBytes(StandardCharsets.UTF_8));
    for (ClassFolder folder : folders) {
      sha.update((byte) folder.part().ordinal());
      for (Path name : root.relativize(folder.listing().folder())) {
        update(sha, name);
      }
      for (Path name : folder.listing().pictures()) {
        update(sha, name);
        sha.update(attributes(folder.listing().folder().resolve(name)));
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private static void update(MessageDigest sha, Path name) {
    sha.update(FileNames.bytes(name));
    sha.update((byte) 0);
  }

  private static byte[] attributes(Path file) {
    ByteBuffer bytes = ByteBuffer.allocate(3 * Long.BYTES);
    try {
      Map<String, Object> attributes = Files.readAttributes(file, ATTRIBUTES);
      bytes.putLong((Long) attributes.get("size"));
      bytes.putLong(((FileTime) attributes.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS));
      bytes.putLong(((FileTime) attributes.get("ctime")).to(TimeUnit.NANOSECONDS));
    } catch (IOException e) {
      // Such as a dangling link. PictureReader reports it.
      bytes.putLong(-1);
    }
    return bytes.array();
  }
}
