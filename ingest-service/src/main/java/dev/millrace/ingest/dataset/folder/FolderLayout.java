package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.UnusableDatasetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The classes and splits that the folders of a dataset stand for. There are two layouts: class
 * folders of pictures; or folders {@code train} and {@code test} of such class folders, with {@code
 * val} beside them or instead of {@code test}. A folder {@code train} that holds pictures is a
 * class.
 *
 * @param classes names by index
 * @param folders class folders in order, those for training first
 * @param remarks about folders that are not used, or not as their name suggests
 */
record FolderLayout(List<String> classes, List<ClassFolder> folders, List<String> remarks) {
  static final String LAYOUTS =
      "a dataset is a folder of class folders of pictures, or holds 'train' and 'test' (or 'val'), each a folder of class folders";

  private static final int LEAST_CLASSES = 2;
  private static final int MOST_CLASSES = 1 << 16;

  /** The split that pictures belong to. */
  enum Part {
    TRAIN("train", "training"),
    TEST("test", "testing"),
    VALIDATION("val", "valid", "validation"),
    /** One sixth for testing, the rest for training. */
    SHARED;

    private final Set<String> names;

    Part(String... names) {
      this.names = Set.of(names);
    }

    private static Optional<Part> named(Path folder) {
      String name = folder.toString().toLowerCase(Locale.ROOT);
      return List.of(values()).stream().filter(part -> part.names.contains(name)).findFirst();
    }
  }

  /** The pictures of one class in one split. */
  record ClassFolder(Listing listing, int label, Part part) {}

  /**
   * Finds the layout of a dataset's folder.
   *
   * @throws UnusableDatasetException if it has neither layout, or a class has too few pictures
   */
  static FolderLayout of(Path root) {
    Listing top = Listing.of(root);
    Map<Part, Listing> parts = parts(top);
    boolean split = parts.containsKey(Part.TRAIN) && parts.size() > 1;
    return split ? split(top, parts) : flat(top);
  }

  /** Returns the folders that are named for a split and hold class folders. */
  private static Map<Part, Listing> parts(Listing top) {
    Map<Part, Listing> parts = new EnumMap<>(Part.class);
    for (Path folder : top.folders()) {
      Optional<Part> part = Part.named(folder);
      if (part.isEmpty()) {
        continue;
      }
      Listing listing = top.below(folder);
      if (!listing.holdsFolders()) {
        continue;
      }
      Listing other = parts.put(part.get(), listing);
      if (other != null) {
        throw new UnusableDatasetException(
            "%s has both '%s' and '%s'; remove or rename one"
                .formatted(readable(top), other.name(), listing.name()));
      }
    }
    return parts;
  }

  private static FolderLayout split(Listing top, Map<Part, Listing> parts) {
    List<String> remarks = new ArrayList<>();
    if (!parts.containsKey(Part.TEST)) {
      parts.put(Part.TEST, parts.remove(Part.VALIDATION));
      remarks.add(
          "%s has no 'test' folder; using '%s' for testing"
              .formatted(readable(top), parts.get(Part.TEST).name()));
    }
    List<String> unused = new ArrayList<>(top.folders().stream().map(FileNames::readable).toList());
    parts.values().forEach(part -> unused.remove(part.name()));
    if (!unused.isEmpty()) {
      remarks.add("%s: not used: %s".formatted(readable(top), ClassFolders.first(unused)));
    }
    Listing train = parts.get(Part.TRAIN);
    List<String> classes = classes(train, train.folders());
    List<ClassFolder> folders = new ArrayList<>();
    for (Map.Entry<Part, Listing> part : parts.entrySet()) {
      ClassFolders.requireSameClasses(train, part.getValue());
      add(part.getValue(), part.getKey(), folders);
    }
    ClassFolders.requirePictures(folders, 1);
    return new FolderLayout(classes, folders, remarks);
  }

  private static FolderLayout flat(Listing top) {
    if (top.folders().isEmpty() && !top.pictures().isEmpty()) {
      throw new UnusableDatasetException(
          "%s has %d pictures but no class folders; put the pictures of each class into a folder with the name of the class"
              .formatted(readable(top), top.pictures().size()));
    }
    if (top.folders().size() == 1 && top.below(top.folders().get(0)).holdsFolders()) {
      throw new UnusableDatasetException(
          "%s has only one folder, which holds folders; use %s if these are the classes: %s"
              .formatted(
                  readable(top),
                  FileNames.readable(top.folder().resolve(top.folders().get(0))),
                  LAYOUTS));
    }
    List<String> classes = classes(top, top.folders());
    List<ClassFolder> folders = new ArrayList<>();
    add(top, Part.SHARED, folders);
    ClassFolders.requirePictures(folders, 2);
    List<String> remarks =
        top.pictures().isEmpty()
            ? List.of()
            : List.of(
                "%s: not used: %d pictures outside of class folders"
                    .formatted(readable(top), top.pictures().size()));
    return new FolderLayout(classes, folders, remarks);
  }

  private static List<String> classes(Listing of, List<Path> folders) {
    if (folders.size() < LEAST_CLASSES || folders.size() > MOST_CLASSES) {
      throw new UnusableDatasetException(
          "%s has %d class folders; allowed: %d to %d, each with the name of its class"
              .formatted(readable(of), folders.size(), LEAST_CLASSES, MOST_CLASSES));
    }
    return folders.stream().map(folder -> className(of, folder)).toList();
  }

  private static String className(Listing of, Path folder) {
    return FileNames.text(folder)
        .orElseThrow(
            () ->
                new UnusableDatasetException(
                    "the name of the class folder %s is not UTF-8; rename it, or set LC_ALL to a locale with the encoding of the names"
                        .formatted(FileNames.readable(of.folder().resolve(folder)))));
  }

  private static void add(Listing of, Part part, List<ClassFolder> to) {
    for (int label = 0; label < of.folders().size(); label++) {
      to.add(new ClassFolder(of.below(of.folders().get(label)), label, part));
    }
  }

  static String readable(Listing listing) {
    return FileNames.readable(listing.folder());
  }
}
