package dev.millrace.ingest.dataset.folder;

import dev.millrace.images.ImageDecoder;
import dev.millrace.images.UnusableImageException;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.folder.FolderLayout.ClassFolder;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Decodes all pictures of a dataset's folder on all cores. */
final class PictureReader {
  private static final int BLOCK = 100;
  private static final int PROGRESS_REPORTS = 100;
  private static final int LEAST_PER_REPORT = 1_000;
  private static final long LARGEST_FILE_BYTES = 64L << 20;

  /** Receives decoded pictures from several threads. */
  interface Sink {
    void put(int index, byte[] pixels) throws IOException;
  }

  private record Block(int size, Future<List<BrokenPicture>> broken) {}

  private final Path root;
  private final List<ClassFolder> folders;
  private final ReadingProgress progress;
  private final int count;

  PictureReader(Path root, List<ClassFolder> folders, ReadingProgress progress) {
    this.root = root;
    this.folders = folders;
    this.progress = progress;
    long sum = folders.stream().mapToLong(folder -> folder.listing().pictures().size()).sum();
    count = Math.toIntExact(sum);
  }

  /** Returns the number of pictures. */
  int count() {
    return count;
  }

  /** Returns the size of the decoded pictures in bytes. */
  long bytes() {
    return (long) count * Minibatch.IMAGE_BYTES;
  }

  /**
   * Decodes all pictures.
   *
   * @param sink receives each picture once; a broken one is black
   * @return the broken pictures, in order
   * @throws IOException if the sink throws it
   */
  List<BrokenPicture> decode(Sink sink) throws IOException, InterruptedException {
    int threads = Runtime.getRuntime().availableProcessors();
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Block> blocks = new ArrayList<>();
      int first = 0;
      for (ClassFolder folder : folders) {
        int size = folder.listing().pictures().size();
        for (int at = 0; at < size; at += BLOCK) {
          int from = at;
          int index = first + at;
          int to = Math.min(size, at + BLOCK);
          blocks.add(
              new Block(
                  to - from,
                  executor.submit(() -> decode(folder.listing(), from, to, index, sink))));
        }
        first += size;
      }
      return collect(blocks);
    } finally {
      executor.shutdownNow();
    }
  }

  private List<BrokenPicture> collect(List<Block> blocks) throws IOException, InterruptedException {
    List<BrokenPicture> broken = new ArrayList<>();
    int step = Math.max(LEAST_PER_REPORT, count / PROGRESS_REPORTS);
    int done = 0;
    for (Block block : blocks) {
      broken.addAll(result(block.broken()));
      int before = done;
      done += block.size();
      if (done / step > before / step || done == count) {
        progress.setState(
            String.format(
                Locale.ROOT,
                "reading %s: %,d of %,d pictures",
                FileNames.readable(root),
                done,
                count));
      }
    }
    return broken;
  }

  private static List<BrokenPicture> result(Future<List<BrokenPicture>> block)
      throws IOException, InterruptedException {
    try {
      return block.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw (RuntimeException) e.getCause();
    }
  }

  private List<BrokenPicture> decode(Listing folder, int from, int to, int index, Sink sink)
      throws IOException {
    List<BrokenPicture> broken = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Path file = folder.folder().resolve(folder.pictures().get(i));
      int place = index + i - from;
      byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
      try {
        if (Files.size(file) > LARGEST_FILE_BYTES) {
          String reason = "larger than %d MB".formatted(LARGEST_FILE_BYTES >> 20);
          broken.add(broken(place, file, reason, true));
        } else {
          byte[] content = Files.readAllBytes(file);
          pixels = ImageDecoder.decode(content, Listing.type(file).orElseThrow()).pixels();
        }
      } catch (UnusableImageException e) {
        broken.add(broken(place, file, e.getMessage(), true));
      } catch (NoSuchFileException | AccessDeniedException e) {
        boolean missing = e instanceof NoSuchFileException;
        broken.add(broken(place, file, missing ? "dangling link" : "permission denied", false));
      } catch (IOException e) {
        throw new UnusableDatasetException(
            "cannot read %s (%s)".formatted(FileNames.readable(file), e), e);
      }
      sink.put(place, pixels);
    }
    return broken;
  }

  private BrokenPicture broken(int index, Path file, String reason, boolean lasting) {
    return new BrokenPicture(index, FileNames.readable(root.relativize(file)), reason, lasting);
  }
}
