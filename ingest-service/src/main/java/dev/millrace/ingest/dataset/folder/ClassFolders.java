package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.folder.FolderLayout.ClassFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Checks the class folders of a dataset. */
final class ClassFolders {
  private static final int SHOWN = 20;

  private ClassFolders() {}

  /**
   * Checks that two splits have the same classes.
   *
   * @throws UnusableDatasetException that names the classes that only one of them has
   */
  static void requireSameClasses(Listing train, Listing other) {
    Set<Path> more = new TreeSet<>(other.folders());
    train.folders().forEach(more::remove);
    Set<Path> fewer = new TreeSet<>(train.folders());
    other.folders().forEach(fewer::remove);
    if (!more.isEmpty() || !fewer.isEmpty()) {
      throw new UnusableDatasetException(
          "%s and %s must have the same class folders; only the first has %s, only the second has %s"
              .formatted(
                  FolderLayout.readable(train),
                  FolderLayout.readable(other),
                  names(fewer),
                  names(more)));
    }
  }

  private static String names(Set<Path> folders) {
    return folders.isEmpty()
        ? "none"
        : first(folders.stream().map(FileNames::readable).collect(Collectors.toList()));
  }

  /**
   * Checks that each class folder has enough pictures.
   *
   * @throws UnusableDatasetException that names all class folders with too few
   */
  static void requirePictures(List<ClassFolder> folders, int least) {
    List<ClassFolder> few =
        folders.stream().filter(folder -> folder.listing().pictures().size() < least).toList();
    if (few.isEmpty()) {
      return;
    }
    boolean nested = few.stream().anyMatch(folder -> folder.listing().holdsFolders());
    throw new UnusableDatasetException(
        "fewer than %d PNG or JPEG images are in the class folders %s; put more there or remove the folders%s"
            .formatted(
                least,
                first(few.stream().map(ClassFolders::count).toList()),
                nested ? " (some hold folders: " + FolderLayout.LAYOUTS + ")" : ""));
  }

  private static String count(ClassFolder folder) {
    return "%s (%d)"
        .formatted(FolderLayout.readable(folder.listing()), folder.listing().pictures().size());
  }

  /** Returns the first names of a list, and the number of the others. */
  static String first(List<String> names) {
    String first = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() <= SHOWN ? first : first + " and %d more".formatted(names.size() - SHOWN);
  }
}
