package dev.millrace.ingest.stream;

import java.nio.file.Path;

/**
 * Where the images of a dataset are kept.
 *
 * @param cache a folder for decoded pictures, made if need be
 * @param memoryBytes how many bytes of pixels the heap may hold; a larger dataset is read from its
 *     file when its images are asked for
 */
public record Storage(Path cache, long memoryBytes) {}
