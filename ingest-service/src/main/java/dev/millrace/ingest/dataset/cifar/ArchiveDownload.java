package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.DatasetUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Fetches an archive from the first source that has it, into {@code NAME.part}. A download that
 * breaks is resumed where it broke, by the same source or the next, in this process or a later one;
 * only bytes with the archive's own SHA-256 get its name.
 */
final class ArchiveDownload {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int ATTEMPTS_WITHOUT_PROGRESS = 2;

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();
  private final Archive archive;
  private final Path part;
  private final LongConsumer progress;
  private final Duration patience;

  /**
   * @param progress is told the bytes that are there so far
   */
  ArchiveDownload(Archive archive, Path folder, LongConsumer progress) {
    this(archive, folder, progress, PATIENCE);
  }

  /**
   * @param patience how long a source may send nothing
   */
  ArchiveDownload(Archive archive, Path folder, LongConsumer progress, Duration patience) {
    this.patience = patience;
    this.archive = archive;
    this.part = folder.resolve(archive.name() + ".part");
    this.progress = progress;
  }

  /**
   * @param sources base addresses, in the order in which they are asked
   * @return the verified file
   * @throws IOException if the disk cannot be written
   * @throws DatasetUnavailableException if no source had the archive; names each source and what it
   *     answered
   */
  Path fetch(List<URI> sources) throws IOException, InterruptedException {
    Files.createDirectories(part.getParent());
    List<String> failures = new ArrayList<>();
    for (URI source : sources) {
      URI address = source.resolve(archive.name());
      String failure = fetch(address);
      if (failure == null) {
        return part;
      }
      failures.add(address + ": " + failure);
    }
    throw new DatasetUnavailableException(
        "no source has %s (%s)".formatted(archive.name(), failures));
  }

  /** Null when the whole archive is there, else why not. */
  private String fetch(URI address) throws IOException, InterruptedException {
    boolean ownBytes = size() == 0;
    String failure = "";
    long furthest = size();
    int idle = 0;
    while (idle < ATTEMPTS_WITHOUT_PROGRESS) {
      long before = size();
      if (before < archive.bytes()) {
        failure = append(address, before);
      }
      long now = size();
      if (now < archive.bytes()) {
        idle = now > furthest ? 0 : idle + 1;
        furthest = Math.max(now, furthest);
        continue;
      }
      failure = verify();
      if (failure == null || ownBytes) {
        return failure;
      }
      // What others began was no part of the archive; this source may still have all of it.
      ownBytes = true;
    }
    return failure;
  }

  private long size() throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  private String append(URI address, long from) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(patience);
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    HttpResponse<InputStream> response;
    try {
      response = http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      return e.toString();
    }
    try (InputStream body = response.body()) {
      return switch (response.statusCode()) {
        case 200 -> copy(body, 0, StandardOpenOption.TRUNCATE_EXISTING);
        case 206 -> copyRange(response, body, from);
        default -> "HTTP status " + response.statusCode();
      };
    }
  }

  private String copyRange(HttpResponse<?> response, InputStream body, long from)
      throws IOException {
    String range = response.headers().firstValue("Content-Range").orElse("none");
    return range.startsWith("bytes " + from + "-")
        ? copy(body, from, StandardOpenOption.APPEND)
        : "asked for bytes from %d, answers with range %s".formatted(from, range);
  }

  private String copy(InputStream body, long from, StandardOpenOption how) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long at = from;
    try (OutputStream file =
            Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how);
        ReadTimeout timeout = new ReadTimeout(body, patience)) {
      while (true) {
        int count;
        try {
          count = timeout.read(buffer);
        } catch (IOException e) {
          return "broke off after %d of %d bytes (%s)".formatted(at, archive.bytes(), e);
        }
        if (count < 0) {
          return "ended after %d of %d bytes".formatted(at, archive.bytes());
        }
        file.write(buffer, 0, count);
        at += count;
        progress.accept(at);
        if (at > archive.bytes()) {
          return "sends more than %d bytes".formatted(archive.bytes());
        }
      }
    }
  }

  /** Drops what is not the archive, so that no later run trusts or resumes it. */
  private String verify() throws IOException {
    String found = archive.sha256Of(part);
    if (found.equals(archive.sha256())) {
      return null;
    }
    long bytes = size();
    Files.delete(part);
    return "sent %d bytes with SHA-256 %s, expected %d with %s"
        .formatted(bytes, found, archive.bytes(), archive.sha256());
  }
}
