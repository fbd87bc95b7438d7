package dev.millrace.stack.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class ReasonTest {
  @Test
  void explainsExceptionsWhoseMessageIsTheFile() {
    assertThat(Reason.of(new AccessDeniedException("/f"))).isEqualTo("permission denied");
    assertThat(Reason.withFile(new NoSuchFileException("/f"))).isEqualTo("/f (no such file)");
    assertThat(Reason.of(new FileSystemException("/f", null, "Is a directory")))
        .isEqualTo("Is a directory");
  }

  @Test
  void reasonIsOneLine() {
    assertThat(Reason.withFile(new UncheckedIOException(new IOException("one\n two"))))
        .isEqualTo("one");
    assertThat(Reason.of(new IOException())).isEqualTo("java.io.IOException");
  }
}
