package dev.millrace.ingest.stream;

import dev.millrace.protocol.DatasetDescription;
import dev.millrace.protocol.Normalization;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Labelled images with their names. Immutable by convention: nobody writes the arrays. */
public record Dataset(DatasetDescription description, ImageSet train, ImageSet test) {

  /** Describes the images by their SHA-256. */
  public static Dataset of(
      String name,
      List<String> classes,
      Normalization normalization,
      ImageSet train,
      ImageSet test) {
    MessageDigest sha = sha256();
    for (ImageSet part : List.of(train, test)) {
      for (int label : part.labels()) {
        sha.update((byte) (label >> 8));
        sha.update((byte) label);
      }
      sha.update(part.pixels());
    }
    String digest = HexFormat.of().formatHex(sha.digest());
    return new Dataset(new DatasetDescription(name, digest, classes, normalization), train, test);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
