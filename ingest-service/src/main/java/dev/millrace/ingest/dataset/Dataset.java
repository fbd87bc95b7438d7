package dev.millrace.ingest.dataset;

import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.stream.DatasetDescription;
import dev.millrace.protocol.stream.Minibatch;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * Labelled images with the names of their classes.
 *
 * @param validation images that the dataset reserves for validation; often none
 */
public record Dataset(
    DatasetDescription description, ImageSet train, ImageSet validation, ImageSet test) {

  /** Creates a dataset without validation images, described by the SHA-256 of its images. */
  public static Dataset of(
      String name,
      List<String> classes,
      Normalization normalization,
      ImageSet train,
      ImageSet test) {
    return of(name, classes, normalization, train, ImageSet.empty(), test);
  }

  /** Creates a dataset that is described by the SHA-256 of its images. */
  public static Dataset of(
      String name,
      List<String> classes,
      Normalization normalization,
      ImageSet train,
      ImageSet validation,
      ImageSet test) {
    MessageDigest sha = Sha256.create();
    // Validation images come last, so that datasets without them keep their digest.
    for (ImageSet part : List.of(train, test, validation)) {
      update(sha, part);
    }
    String digest = HexFormat.of().formatHex(sha.digest());
    return new Dataset(
        new DatasetDescription(name, digest, classes, normalization), train, validation, test);
  }

  private static void update(MessageDigest sha, ImageSet part) {
    for (int i = 0; i < part.size(); i++) {
      sha.update((byte) (part.label(i) >> 8));
      sha.update((byte) part.label(i));
    }
    byte[] image = new byte[Minibatch.IMAGE_BYTES];
    for (int i = 0; i < part.size(); i++) {
      part.copy(i, image, 0);
      sha.update(image);
    }
  }
}
