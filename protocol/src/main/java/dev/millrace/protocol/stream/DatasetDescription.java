package dev.millrace.protocol.stream;

import dev.millrace.protocol.Normalization;
import java.util.List;

/**
 * What is to know of a dataset without having its images.
 *
 * @param name {@code cifar10}, {@code cifar100}, {@code synthetic}, or a folder's name
 * @param digest SHA-256, hexadecimal, over all records of both parts in order
 * @param classes class names by index
 * @param normalization statistics of the pixels that the network subtracts and divides by
 */
public record DatasetDescription(
    String name, String digest, List<String> classes, Normalization normalization) {
  public DatasetDescription {
    classes = List.copyOf(classes);
  }
}
