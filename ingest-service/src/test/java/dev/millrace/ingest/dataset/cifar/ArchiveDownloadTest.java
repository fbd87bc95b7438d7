package dev.millrace.ingest.dataset.cifar;

import static dev.millrace.ingest.dataset.cifar.ArchiveServer.missing;
import static dev.millrace.ingest.dataset.cifar.ArchiveServer.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ArchiveDownloadTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final byte[] CONTENT = new byte[300_000];

  static {
    new SplittableRandom(4).nextBytes(CONTENT);
  }

  private final Archive archive = Archives.describe(CONTENT);
  private ArchiveServer server;

  @TempDir Path folder;

  @BeforeEach
  void start() throws IOException {
    server = new ArchiveServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private URI source(String name, ArchiveServer.Source source) {
    return server.source(name, source);
  }

  private static void whole(HttpExchange exchange, int from) throws IOException {
    send(exchange, CONTENT, from, CONTENT.length);
  }

  /** Breaks the connection once the client has written all bytes: it may lose unread ones. */
  private void sendAndBreak(HttpExchange exchange, int from, int to) throws IOException {
    send(exchange, CONTENT, from, to);
    await().until(() -> Files.size(part()) == to);
  }

  private Path fetch(LongConsumer progress, URI... sources) throws Exception {
    return new ArchiveDownload(archive, folder, progress, PATIENCE).fetch(List.of(sources));
  }

  private Path fetch(URI... sources) throws Exception {
    return fetch(bytes -> {}, sources);
  }

  private Path part() {
    return folder.resolve("mill.tar.gz.part");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void downloadsTheArchiveAndReportsProgress() throws Exception {
    List<Long> told = new ArrayList<>();
    assertThat(fetch(told::add, source("a", ArchiveDownloadTest::whole))).hasBinaryContent(CONTENT);
    assertThat(told).isSorted().endsWith((long) CONTENT.length).hasSizeGreaterThan(3);
    assertThat(server.requests()).containsExactly("a");
  }

  @Test
  void triesTheSourcesInOrder() throws Exception {
    URI nobody;
    try (ServerSocket free = new ServerSocket(0)) {
      nobody = URI.create("http://localhost:%d/".formatted(free.getLocalPort()));
    }
    Path file =
        fetch(
            nobody,
            source("missing", ArchiveServer::missing),
            source("has", ArchiveDownloadTest::whole),
            source("too", ArchiveDownloadTest::whole));
    assertThat(file).hasBinaryContent(CONTENT);
    assertThat(server.requests()).containsExactly("missing", "missing", "has");
  }

  @Test
  void followsRedirects() throws Exception {
    URI has = source("has", ArchiveDownloadTest::whole);
    URI moved =
        source(
            "moved",
            (exchange, from) -> {
              exchange.getResponseHeaders().set("Location", has.resolve("x").toString());
              exchange.sendResponseHeaders(302, -1);
            });
    assertThat(fetch(moved)).hasBinaryContent(CONTENT);
  }

  @Test
  void reportsTheAnswerOfEachSource() {
    URI missing = source("missing", ArchiveServer::missing);
    URI other = source("other", (exchange, from) -> exchange.sendResponseHeaders(503, -1));
    assertThatThrownBy(() -> fetch(missing, other))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(
            "no source has mill.tar.gz",
            missing + "mill.tar.gz: HTTP status 404",
            other + "mill.tar.gz: HTTP status 503");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void resumesABrokenDownload() throws Exception {
    int[] breaks = {100_000, 200_000, CONTENT.length};
    URI flaky =
        source(
            "flaky",
            (exchange, from) -> sendAndBreak(exchange, from, breaks[server.requests().size() - 1]));
    assertThat(fetch(flaky)).hasBinaryContent(CONTENT);
    assertThat(server.requests())
        .containsExactly("flaky", "flaky bytes=100000-", "flaky bytes=200000-");
  }

  @Test
  void nextSourceResumesTheDownload() throws Exception {
    URI half =
        source(
            "half",
            (exchange, from) -> {
              if (from == 0) {
                sendAndBreak(exchange, 0, 150_000);
              } else {
                missing(exchange, from);
              }
            });
    assertThat(fetch(half, source("whole", ArchiveDownloadTest::whole))).hasBinaryContent(CONTENT);
    assertThat(server.requests()).last().isEqualTo("whole bytes=150000-");
  }

  @Test
  void resumesTheDownloadOfAKilledProcess() throws Exception {
    URI whole = source("whole", ArchiveDownloadTest::whole);
    class Killed extends Error {}
    assertThatThrownBy(
            () ->
                fetch(
                    bytes -> {
                      if (bytes > 120_000) {
                        throw new Killed();
                      }
                    },
                    whole))
        .isInstanceOf(Killed.class);
    assertThat(files()).containsExactly(part());
    long left = Files.size(part());
    assertThat(left).isBetween(1L, CONTENT.length - 1L);
    assertThat(fetch(whole)).hasBinaryContent(CONTENT);
    assertThat(server.requests()).containsExactly("whole", "whole bytes=%d-".formatted(left));
  }

  @Test
  void acceptsAServerThatIgnoresRanges() throws Exception {
    Files.write(part(), Arrays.copyOf(CONTENT, 100_000));
    URI simple = source("simple", (exchange, from) -> send(exchange, CONTENT, 0, CONTENT.length));
    assertThat(fetch(simple)).hasBinaryContent(CONTENT);
    assertThat(server.requests()).containsExactly("simple bytes=100000-");
  }

  @Test
  void rejectsAnotherRangeThanRequested() throws Exception {
    Files.write(part(), Arrays.copyOf(CONTENT, 100_000));
    URI wrong = source("wrong", (exchange, from) -> send(exchange, CONTENT, 1, CONTENT.length));
    assertThatThrownBy(() -> fetch(wrong))
        .hasMessageContaining("asked for bytes from 100000, got range bytes 1-");
    assertThat(fetch(wrong, source("whole", ArchiveDownloadTest::whole))).hasBinaryContent(CONTENT);
  }

  @Test
  void wrongChecksumLeadsToTheNextSource() throws Exception {
    byte[] other = CONTENT.clone();
    other[77_777]++;
    URI forged = source("forged", (exchange, from) -> send(exchange, other, from, other.length));
    assertThatThrownBy(() -> fetch(forged))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll("SHA-256", archive.sha256());
    assertThat(folder).isEmptyDirectory();
    assertThat(fetch(forged, source("whole", ArchiveDownloadTest::whole)))
        .hasBinaryContent(CONTENT);
    assertThat(server.requests()).containsExactly("forged", "forged", "whole");
  }

  @Test
  void restartsIfThePartialFileIsNotOfTheArchive() throws Exception {
    Files.write(part(), new byte[100_000]);
    assertThat(fetch(source("whole", ArchiveDownloadTest::whole))).hasBinaryContent(CONTENT);
    assertThat(server.requests()).containsExactly("whole bytes=100000-", "whole");
    Files.write(part(), new byte[CONTENT.length + 5]);
    assertThat(fetch(source("again", ArchiveDownloadTest::whole))).hasBinaryContent(CONTENT);
  }

  @Test
  void rejectsMoreBytesThanTheArchiveHas() throws Exception {
    byte[] more = Arrays.copyOf(CONTENT, 2 * CONTENT.length);
    URI generous = source("generous", (exchange, from) -> send(exchange, more, 0, more.length));
    assertThatThrownBy(() -> fetch(generous)).isInstanceOf(UnusableDatasetException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void leavesASourceThatStopsSending() throws Exception {
    URI silent =
        source(
            "silent",
            (exchange, from) -> {
              send(exchange, CONTENT, from, from + 1000);
              server.fallSilent();
            });
    URI mute = source("mute", (exchange, from) -> server.fallSilent());
    ArchiveDownload download =
        new ArchiveDownload(archive, folder, bytes -> {}, Duration.ofMillis(200));
    assertThatThrownBy(() -> download.fetch(List.of(mute)))
        .isInstanceOf(UnusableDatasetException.class);
    Files.write(part(), Arrays.copyOf(CONTENT, CONTENT.length - 2000));
    assertThat(download.fetch(List.of(silent, source("whole", ArchiveDownloadTest::whole))))
        .hasBinaryContent(CONTENT);
  }

  @Test
  void fullDiskEndsTheDownload() throws Exception {
    URI whole = source("whole", ArchiveDownloadTest::whole);
    Files.createSymbolicLink(part(), Path.of("/dev/full"));
    assertThatThrownBy(() -> fetch(whole))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left");
    assertThat(server.requests()).containsExactly("whole");
  }

  @Test
  void namesAFolderThatCannotBeCreated() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(
            () ->
                new CifarInstaller(CifarFormat.CIFAR10, file.resolve("data"), state -> {})
                    .download(List.of()))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(file.resolve("data").toString(), "cannot be written");
  }
}
