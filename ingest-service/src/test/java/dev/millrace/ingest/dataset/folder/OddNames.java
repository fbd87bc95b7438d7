package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;

/** Renames files to names of any bytes, in every locale. */
public final class OddNames {
  private OddNames() {}

  /**
   * Renames a file.
   *
   * @param name for {@code printf}, such as {@code caf\303\251}
   */
  public static void rename(Path file, String name) throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder(
                "sh",
                "-c",
                "mv \"$1\" \"$(dirname \"$1\")/$(printf \"$2\")\"",
                "sh",
                file.toString(),
                name)
            .inheritIO()
            .start();
    assertThat(shell.waitFor()).isZero();
  }
}
