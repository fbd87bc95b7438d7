package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finds the layout of a dataset's folder by all folders in it. */
class FolderLayoutTest {
  @TempDir Path folder;

  private PictureFolder pictures;

  @BeforeEach
  void begin() throws IOException {
    pictures = new PictureFolder(folder);
  }

  private void images(String... classes) throws IOException {
    for (String name : classes) {
      pictures.images(name, 7, 10);
    }
  }

  private void assertRefused(String... says) {
    assertThatThrownBy(pictures::read)
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void aFolderOfPicturesIsAClass() throws Exception {
    images("bus", "car", "train");
    assertThat(pictures.read().description().classes()).containsExactly("bus", "car", "train");
    images("test", "val", "validation");
    assertThat(pictures.read().description().classes())
        .containsExactly("bus", "car", "test", "train", "val", "validation");
  }

  @Test
  void trainAndTestAloneMayBeTheClasses() throws Exception {
    images("train", "test");
    Dataset dataset = pictures.read();
    assertThat(dataset.description().classes()).containsExactly("test", "train");
    assertThat(dataset.train().size()).isEqualTo(12);
    assertThat(dataset.test().size()).isEqualTo(2);
  }

  @Test
  void usesTrainAndTestFolders() throws Exception {
    pictures.images("train/a", 7, 10);
    pictures.images("train/b", 7, 20);
    pictures.images("test/a", 1, 30);
    pictures.images("test/b", 3, 40);
    Dataset dataset = pictures.read();
    assertThat(dataset.train().size()).isEqualTo(14);
    assertThat(PictureFolder.blues(dataset.test())).containsExactly(30, 40, 41, 42);
    assertThat(ImageArrays.labels(dataset.test())).containsExactly(0, 1, 1, 1);
    assertThat(pictures.remarks).isEmpty();
  }

  @Test
  void valBesideTrainAndTestIsValidation() throws Exception {
    for (String name : new String[] {"val", "valid", "validation", "Val"}) {
      PictureFolder split = new PictureFolder(folder.resolve(name));
      split.images("train/a", 7, 10);
      split.images("train/b", 7, 20);
      split.images(name + "/a", 2, 50);
      split.images(name + "/b", 1, 60);
      split.images("test/a", 2, 30);
      split.images("test/b", 2, 40);
      Dataset dataset = split.read();
      assertThat(PictureFolder.blues(dataset.validation())).containsExactly(50, 51, 60);
      assertThat(ImageArrays.labels(dataset.validation())).containsExactly(0, 0, 1);
      assertThat(dataset.test().size()).isEqualTo(4);
      assertThat(dataset.train().size()).isEqualTo(14);
    }
  }

  @Test
  void valInsteadOfTestIsTest() throws Exception {
    pictures.images("Training/a", 7, 10);
    pictures.images("Training/b", 7, 20);
    pictures.images("validation/a", 2, 30);
    pictures.images("validation/b", 2, 40);
    Dataset dataset = pictures.read();
    assertThat(PictureFolder.blues(dataset.test())).containsExactly(30, 31, 40, 41);
    assertThat(dataset.validation().size()).isZero();
    assertThat(pictures.remarks)
        .containsExactly(pictures.root() + " has no 'test' folder; using 'validation' for testing");
  }

  @Test
  void reportsUnusedFolders() throws Exception {
    images("train/a", "train/b", "test/a", "test/b", "unlabelled");
    assertThat(pictures.read().description().classes()).containsExactly("a", "b");
    assertThat(pictures.remarks).containsExactly(pictures.root() + ": not used: unlabelled");
    PictureFolder flat = new PictureFolder(folder.resolve("flat"));
    flat.images("a", 2, 0);
    flat.images("b", 2, 0);
    flat.image("example.png", 0, 32, 32);
    flat.read();
    assertThat(flat.remarks)
        .containsExactly(flat.root() + ": not used: 1 pictures outside of class folders");
  }

  @Test
  void ignoresFoldersOfOperatingSystems() throws Exception {
    images("a", "b");
    for (String litter :
        new String[] {
          ".ipynb_checkpoints", "__MACOSX", "@eaDir", ".git", "System Volume Information"
        }) {
      pictures.text(litter + "/x.png");
    }
    for (String litter : new String[] {".DS_Store", "Thumbs.db", "a/._00.png", "a/desktop.ini"}) {
      pictures.text(litter);
    }
    Dataset dataset = pictures.read();
    assertThat(dataset.description().classes()).containsExactly("a", "b");
    assertThat(dataset.train().size() + dataset.test().size()).isEqualTo(14);
  }

  @Test
  void refusesPicturesWithoutClassFolders() throws Exception {
    pictures.images(".", 5, 0);
    assertRefused("has 5 pictures but no class folders", "the name of the class");
  }

  @Test
  void refusesFewerThanTwoClasses() throws Exception {
    assertRefused(pictures.root().toString(), "0 class folders", "allowed: 2 to");
    images("only");
    assertRefused(pictures.root().toString(), "1 class folders", "allowed: 2 to");
  }

  @Test
  void namesAFolderAroundTheDataset() throws Exception {
    images("extracted/a", "extracted/b");
    assertRefused("has only one folder", "use " + pictures.root().resolve("extracted"));
    PictureFolder train = new PictureFolder(folder.resolve("t"));
    train.images("train/a", 3, 0);
    train.images("train/b", 3, 0);
    assertThatThrownBy(train::read)
        .hasMessageContainingAll("use " + train.root().resolve("train"), "'train' and 'test'");
  }

  @Test
  void namesAllClassFoldersWithTooFewPictures() throws Exception {
    images("a", "b");
    Files.createDirectories(pictures.root().resolve("empty"));
    pictures.images("one", 1, 0);
    assertRefused(
        "fewer than 2 PNG or JPEG images",
        pictures.root().resolve("empty") + " (0), " + pictures.root().resolve("one") + " (1)",
        "remove the folders");
    images("nested/x", "nested/y");
    assertRefused("nested (0)", "some hold folders", "'train' and 'test'");
  }

  @Test
  void onePicturePerClassSufficesIfThereIsATestFolder() throws Exception {
    for (String name : new String[] {"train/a", "train/b", "test/a", "test/b"}) {
      pictures.images(name, 1, 10);
    }
    assertThat(pictures.read().train().size()).isEqualTo(2);
    Files.delete(pictures.root().resolve("test/b/00.png"));
    assertRefused("fewer than 1", pictures.root().resolve("test/b") + " (0)");
  }

  @Test
  void trainAndTestMustHaveTheSameClasses() throws Exception {
    images("train/a", "train/b", "test/a", "test/c");
    assertRefused("must have the same class folders; only the first has b, only the second has c");
    images("test/b");
    assertRefused("only the first has none, only the second has c");
  }

  @Test
  void refusesTwoFoldersForOneSplit() throws Exception {
    images("train/a", "train/b", "test/a", "test/b", "testing/a", "testing/b");
    assertRefused("has both 'test' and 'testing'");
  }
}
