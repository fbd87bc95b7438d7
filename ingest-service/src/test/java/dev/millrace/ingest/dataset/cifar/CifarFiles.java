package dev.millrace.ingest.dataset.cifar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes small files in CIFAR's binary layout from a seed, and reads them in the simplest way. */
public final class CifarFiles {
  private static final int PIXELS = 3072;

  /** A record of the dataset's file. */
  public record Labelled(int label, byte[] pixels) {}

  private CifarFiles() {}

  /** Writes five training files and a test file with this many records each. */
  public static Path cifar10(Path dataDir, int records) throws IOException {
    Path folder = Files.createDirectories(dataDir.resolve("cifar-10-batches-bin"));
    for (int file = 1; file <= 5; file++) {
      write(folder.resolve("data_batch_%d.bin".formatted(file)), file, records, 1, 10);
    }
    write(folder.resolve("test_batch.bin"), 6, records, 1, 10);
    Files.writeString(
        folder.resolve("batches.meta.txt"),
        "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    return folder;
  }

  public static Path cifar100(Path dataDir, int train, int test) throws IOException {
    Path folder = Files.createDirectories(dataDir.resolve("cifar-100-binary"));
    write(folder.resolve("train.bin"), 7, train, 2, 100);
    write(folder.resolve("test.bin"), 8, test, 2, 100);
    Files.writeString(
        folder.resolve("fine_label_names.txt"),
        IntStream.range(0, 100).mapToObj(i -> "fine" + i + "\n").collect(Collectors.joining()));
    return folder;
  }

  private static void write(Path file, long seed, int records, int labelBytes, int classes)
      throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] bytes = new byte[records * (labelBytes + PIXELS)];
    random.nextBytes(bytes);
    for (int at = 0; at < bytes.length; at += labelBytes + PIXELS) {
      bytes[at] = (byte) random.nextInt(20);
      bytes[at + labelBytes - 1] = (byte) random.nextInt(classes);
    }
    Files.write(file, bytes);
  }

  /** Returns all records of these files in order. */
  public static List<Labelled> read(int labelBytes, List<Path> files) throws IOException {
    List<Labelled> all = new ArrayList<>();
    for (Path file : files) {
      try (var in = Files.newInputStream(file)) {
        for (byte[] r = in.readNBytes(labelBytes + PIXELS);
            r.length > 0;
            r = in.readNBytes(labelBytes + PIXELS)) {
          byte[] pixels = new byte[PIXELS];
          System.arraycopy(r, labelBytes, pixels, 0, PIXELS);
          all.add(new Labelled(r[labelBytes - 1] & 0xff, pixels));
        }
      }
    }
    return all;
  }
}
