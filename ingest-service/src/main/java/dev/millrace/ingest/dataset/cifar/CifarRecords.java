package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.protocol.stream.Minibatch;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files of CIFAR records, each of one or two label bytes and 3,072 pixels. */
final class CifarRecords {
  private final List<Path> files;
  private final String dataset;
  private final int labelBytes;
  private final int recordBytes;
  private final int classes;
  private final String remedy;
  private final int[] firsts;

  /**
   * Counts the records of the files.
   *
   * @param remedy what to do about a damaged file, for messages
   * @throws UnusableDatasetException if a file is missing or does not consist of whole records
   */
  CifarRecords(List<Path> files, String dataset, int labelBytes, int classes, String remedy) {
    this.files = files;
    this.dataset = dataset;
    this.labelBytes = labelBytes;
    this.classes = classes;
    this.remedy = remedy;
    recordBytes = labelBytes + Minibatch.IMAGE_BYTES;
    firsts = new int[files.size() + 1];
    for (int i = 0; i < files.size(); i++) {
      firsts[i + 1] = Math.addExact(firsts[i], recordsIn(files.get(i)));
    }
  }

  private int count() {
    return firsts[files.size()];
  }

  long pixelBytes() {
    return (long) count() * Minibatch.IMAGE_BYTES;
  }

  private int recordsIn(Path file) {
    try {
      long bytes = Files.size(file);
      if (bytes == 0 || bytes % recordBytes != 0) {
        throw new UnusableDatasetException(
            "%s has %d bytes, which is not a whole number of records of %d bytes; %s"
                .formatted(file, bytes, recordBytes, remedy));
      }
      return Math.toIntExact(bytes / recordBytes);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Reads all images into the heap, without a second copy of them.
   *
   * @throws UnusableDatasetException if the dataset has no such label
   */
  ImageSet read() {
    byte[] pixels = new byte[Math.multiplyExact(count(), Minibatch.IMAGE_BYTES)];
    int[] labels = new int[count()];
    byte[] label = new byte[labelBytes];
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
        for (int image = firsts[i]; image < firsts[i + 1]; image++) {
          in.readFully(label);
          labels[image] = label(i, image, label[labelBytes - 1]);
          in.readFully(pixels, image * Minibatch.IMAGE_BYTES, Minibatch.IMAGE_BYTES);
        }
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    return new ImageSet(pixels, labels);
  }

  /**
   * Maps the files into memory; images are read through the operating system's cache.
   *
   * @throws UnusableDatasetException if the dataset has no such label
   */
  ImageSet map() {
    MappedByteBuffer[] records = new MappedByteBuffer[files.size()];
    int[] labels = new int[count()];
    for (int i = 0; i < records.length; i++) {
      try (FileChannel file = FileChannel.open(files.get(i))) {
        records[i] = file.map(MapMode.READ_ONLY, 0, file.size());
      } catch (IOException e) {
        throw unreadable(files.get(i), e);
      }
      for (int image = firsts[i]; image < firsts[i + 1]; image++) {
        byte label = records[i].get((image - firsts[i]) * recordBytes + labelBytes - 1);
        labels[image] = label(i, image, label);
      }
    }
    return new ImageSet((image, to, at) -> copy(records, image, to, at), null, labels);
  }

  private void copy(MappedByteBuffer[] records, int image, byte[] to, int at) {
    int file = 0;
    while (image >= firsts[file + 1]) {
      file++;
    }
    int from = (image - firsts[file]) * recordBytes + labelBytes;
    records[file].get(from, to, at, Minibatch.IMAGE_BYTES);
  }

  private int label(int file, int image, byte value) {
    int label = Byte.toUnsignedInt(value);
    if (label >= classes) {
      throw new UnusableDatasetException(
          "%s, record %d: label %d, but %s has %d classes; %s"
              .formatted(files.get(file), image - firsts[file], label, dataset, classes, remedy));
    }
    return label;
  }

  private UnusableDatasetException unreadable(Path file, IOException e) {
    return new UnusableDatasetException("cannot read %s (%s); %s".formatted(file, e, remedy), e);
  }
}
