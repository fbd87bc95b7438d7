package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.Pixels;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Decodes the pictures of a dataset's folder once, into a file. A later process uses the file if
 * the folder's {@link Fingerprint} is the same and the file's SHA-256 is right, and decodes again
 * otherwise. If several processes read a folder at the same time, one decodes and the others wait.
 *
 * <pre>
 * CACHE/FOLDER-HASH/pixels      3,072 bytes a picture
 *                   index.json  fingerprint, SHA-256 of the pixels, broken pictures; written last
 *                   lock
 * </pre>
 */
final class PictureCache {
  private static final int NAME_BYTES = 6;

  record Index(String fingerprint, String sha256, List<BrokenPicture> broken) {
    Index {
      broken = List.copyOf(broken);
    }
  }

  private final Path root;
  private final PictureReader reader;
  private final Storage storage;
  private final ReadingProgress progress;
  private final Path folder;
  private final Path pixels;
  private final Path index;

  PictureCache(Path root, PictureReader reader, Storage storage, ReadingProgress progress) {
    this.root = root;
    this.reader = reader;
    this.storage = storage;
    this.progress = progress;
    byte[] hash = Sha256.create().digest(root.toUri().toString().getBytes(StandardCharsets.UTF_8));
    String name = root.getFileName().toString().replaceAll("[^A-Za-z0-9._-]", "_");
    folder = storage.cache().resolve(name + "-" + HexFormat.of().formatHex(hash, 0, NAME_BYTES));
    pixels = folder.resolve("pixels");
    index = folder.resolve("index.json");
  }

  /**
   * Returns the decoded pictures of the class folders.
   *
   * @throws UnusableDatasetException if they fit neither on the disk nor in memory
   */
  DecodedPictures pictures(List<FolderLayout.ClassFolder> folders) throws InterruptedException {
    try {
      Files.createDirectories(folder);
      try (FileChannel file = open(folder.resolve("lock"));
          FileLock lock = lock(file)) {
        String fingerprint = Fingerprint.of(root, folders);
        Optional<DecodedPictures> kept = kept(fingerprint);
        return kept.isPresent() ? kept.get() : decode(fingerprint);
      }
    } catch (ClosedByInterruptException | FileLockInterruptionException e) {
      throw new InterruptedException();
    } catch (IOException e) {
      return inMemory("%s cannot be written (%s)".formatted(folder, e));
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private FileLock lock(FileChannel file) throws IOException {
    FileLock lock = file.tryLock();
    if (lock != null) {
      return lock;
    }
    progress.setState("waiting for another process that reads " + FileNames.readable(root));
    return file.lock();
  }

  private Optional<DecodedPictures> kept(String fingerprint) throws IOException {
    if (!Files.exists(index) || !Files.exists(pixels)) {
      return Optional.empty();
    }
    try {
      Index found = Json.read(Files.readAllBytes(index), Index.class);
      if (!fingerprint.equals(found.fingerprint())) {
        return Optional.empty();
      }
      progress.setState("checking the cached pictures of %s".formatted(readableRoot()));
      if (Files.size(pixels) == reader.bytes() && Sha256.hex(pixels).equals(found.sha256())) {
        return Optional.of(new DecodedPictures(load(), found.broken()));
      }
      progress.warn("%s is damaged; decoding the pictures again".formatted(pixels));
    } catch (MalformedException e) {
      progress.warn("%s is damaged; decoding the pictures again (%s)".formatted(index, e));
    }
    return Optional.empty();
  }

  private DecodedPictures decode(String fingerprint) throws IOException, InterruptedException {
    Files.deleteIfExists(index);
    Files.deleteIfExists(pixels);
    long free = storage.room().bytes(folder);
    if (free < reader.bytes()) {
      return inMemory(
          String.format(
              Locale.ROOT,
              "%s has %,d MB of free space, but %,d MB are needed",
              folder,
              free >> 20,
              (reader.bytes() >> 20) + 1));
    }
    Path part = folder.resolve("pixels.part");
    Files.deleteIfExists(part);
    List<BrokenPicture> broken;
    try (FileChannel file = open(part)) {
      broken = reader.decode((i, image) -> write(file, i, image));
    } catch (IOException | RuntimeException | InterruptedException e) {
      Files.deleteIfExists(part);
      throw e;
    }
    String sha256 = Sha256.hex(part);
    Files.move(part, pixels, StandardCopyOption.ATOMIC_MOVE);
    if (broken.stream().allMatch(BrokenPicture::lasting)) {
      Path whole = folder.resolve("index.json.part");
      Files.write(whole, Json.prettyBytes(new Index(fingerprint, sha256, broken)));
      Files.move(whole, index, StandardCopyOption.ATOMIC_MOVE);
    }
    return new DecodedPictures(load(), broken);
  }

  private static void write(FileChannel file, int index, byte[] image) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(image);
    long at = (long) index * Minibatch.IMAGE_BYTES;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  private Pixels load() throws IOException {
    try (FileChannel file = FileChannel.open(pixels)) {
      return reader.bytes() <= storage.memoryBytes()
          ? SegmentedPixels.read(file, reader.count())
          : SegmentedPixels.map(file, reader.count());
    }
  }

  /** Decodes into the heap, for disks that cannot hold the file. */
  private DecodedPictures inMemory(String why) throws InterruptedException {
    if (reader.bytes() > storage.memoryBytes()) {
      throw new UnusableDatasetException(
          String.format(
              Locale.ROOT,
              "%s: the %,d pictures of %s are %,d MB when decoded, and memory may hold %,d MB of them; free space on the disk, set MILLRACE_INGEST_DATA_DIR to another folder, or raise MILLRACE_INGEST_DATASET_MEMORY_MB",
              why,
              reader.count(),
              readableRoot(),
              (reader.bytes() >> 20) + 1,
              storage.memoryBytes() >> 20));
    }
    progress.warn(why + "; decoding the pictures into memory at each start");
    SegmentedPixels memory = SegmentedPixels.inHeap(reader.count());
    try {
      return new DecodedPictures(memory, reader.decode(memory::put));
    } catch (IOException e) {
      throw new IllegalStateException("memory is not written to disk", e);
    }
  }

  private String readableRoot() {
    return FileNames.readable(root);
  }
}
