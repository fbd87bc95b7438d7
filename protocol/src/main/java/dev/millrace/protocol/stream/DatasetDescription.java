package dev.millrace.protocol.stream;

import dev.millrace.protocol.Normalization;
import java.util.List;

/**
 * The properties of a dataset, without its images.
 *
 * @param name {@code cifar10}, {@code cifar100}, {@code synthetic}, or the name of a folder
 * @param digest SHA-256, hexadecimal, of all records of both parts in order
 * @param classes class names by index
 * @param normalization statistics of the pixels for normalisation in the network
 */
public record DatasetDescription(
    String name, String digest, List<String> classes, Normalization normalization) {
  public DatasetDescription {
    classes = List.copyOf(classes);
  }
}
