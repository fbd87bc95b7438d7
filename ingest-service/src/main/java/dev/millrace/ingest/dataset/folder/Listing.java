package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.UnusableDatasetException;
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
 * The picture files and folders in a folder, in the order of their names' bytes. Hidden files and
 * files that operating systems create are left out.
 *
 * @param pictures names of files; they are paths, since not every name can be expressed as text
 * @param folders names of folders
 */
record Listing(Path folder, List<Path> pictures, List<Path> folders) {
  /** Created by macOS, Synology, Windows and Linux file systems. */
  private static final Set<String> LITTER =
      Set.of("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found");

  /**
   * Lists a folder.
   *
   * @throws UnusableDatasetException if the folder cannot be read
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
      throw new UnusableDatasetException(
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

  /** Returns the media type by a file's name; empty if it is not a picture. */
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

  /** Returns whether the folder holds folders and no pictures. */
  boolean holdsFolders() {
    return pictures.isEmpty() && !folders.isEmpty();
  }

  String name() {
    return FileNames.readable(folder.getFileName());
  }
}
