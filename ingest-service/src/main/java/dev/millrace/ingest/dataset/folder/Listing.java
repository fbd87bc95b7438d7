package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.DatasetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What of a folder matters: its picture files and its folders, in the order of their names' bytes.
 * Hidden files and what operating systems leave behind are not looked at.
 *
 * @param pictures names of files; paths, since a path keeps names that are no text
 * @param folders names
 */
record Listing(Path folder, List<Path> pictures, List<Path> folders) {
  /** Left behind by macOS, Windows, Synology's and Linux' file systems. */
  private static final Set<String> LITTER =
      Set.of("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found");

  /**
   * @throws DatasetException if the folder cannot be read
   */
  static Listing of(Path folder) {
    List<Path> pictures = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(entry -> !isLitter(entry))
          .forEach(
              entry -> {
                if (type(entry).isPresent()) {
                  pictures.add(entry.getFileName());
                } else if (Files.isDirectory(entry)) {
                  folders.add(entry.getFileName());
                }
              });
    } catch (IOException | UncheckedIOException e) {
      throw new DatasetException(
          "cannot read the folder %s (%s)".formatted(FileNames.readable(folder), e), e);
    }
    pictures.sort(Comparator.naturalOrder());
    folders.sort(Comparator.naturalOrder());
    return new Listing(folder, List.copyOf(pictures), List.copyOf(folders));
  }

  private static boolean isLitter(Path entry) {
    String name = entry.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.startsWith(".") || LITTER.contains(name);
  }

  /** A picture's media type by its name; empty for what is no picture. */
  static Optional<String> type(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".png")) {
      return Optional.of("image/png");
    }
    return name.endsWith(".jpg") || name.endsWith(".jpeg")
        ? Optional.of("image/jpeg")
        : Optional.empty();
  }

  Listing below(Path name) {
    return of(folder.resolve(name));
  }

  /** Whether it holds class folders rather than pictures. */
  boolean holdsFolders() {
    return pictures.isEmpty() && !folders.isEmpty();
  }

  String name() {
    return FileNames.readable(folder.getFileName());
  }
}
