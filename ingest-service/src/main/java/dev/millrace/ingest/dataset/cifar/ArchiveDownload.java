package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.DatasetUnavailableException;
import dev.millrace.protocol.Sha256;
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
 * Downloads an archive from the first source that has it to {@code NAME.part}. A download that
 * breaks is resumed where it broke, from the same source or the next, in this process or a later
 * one. The result is verified by its SHA-256.
 */
final class ArchiveDownload {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
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
  private final Duration readTimeout;

  /**
   * Creates a download that has not begun.
   *
   * @param progress receives the number of bytes downloaded so far
   */
  ArchiveDownload(Archive archive, Path folder, LongConsumer progress) {
    this(archive, folder, progress, READ_TIMEOUT);
  }

  /**
   * Creates a download with another time limit.
   *
   * @param readTimeout how long a source may send nothing
   */
  ArchiveDownload(Archive archive, Path folder, LongConsumer progress, Duration readTimeout) {
    this.readTimeout = readTimeout;
    this.archive = archive;
    this.part = folder.resolve(archive.name() + ".part");
    this.progress = progress;
  }

  /**
   * Downloads the archive.
   *
   * @param sources base addresses, in the order in which they are tried
   * @return the verified file
   * @throws IOException if the file cannot be written
   * @throws DatasetUnavailableException if no source has the archive; the message lists each source
   *     and its response
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

  /** Returns null if the whole archive was downloaded, else the reason why not. */
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
      // The bytes of an earlier source were wrong; this one may still have the whole archive.
      ownBytes = true;
    }
    return failure;
  }

  private long size() throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  private String append(URI address, long from) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(readTimeout);
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
        : "asked for bytes from %d, got range %s".formatted(from, range);
  }

  private String copy(InputStream body, long from, StandardOpenOption how) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long at = from;
    try (OutputStream file =
            Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how);
        ReadTimeout timeout = new ReadTimeout(body, readTimeout)) {
      while (true) {
        int count;
        try {
          count = timeout.read(buffer);
        } catch (IOException e) {
          return "connection broke after %d of %d bytes (%s)".formatted(at, archive.bytes(), e);
        }
        if (count < 0) {
          return "ended after %d of %d bytes".formatted(at, archive.bytes());
        }
        file.write(buffer, 0, count);
        at += count;
        progress.accept(at);
        if (at > archive.bytes()) {
          return "sent more than %d bytes".formatted(archive.bytes());
        }
      }
    }
  }

  /** Deletes a file with another digest, so that no later download resumes it. */
  private String verify() throws IOException {
    String found = Sha256.hex(part);
    if (found.equals(archive.sha256())) {
      return null;
    }
    long bytes = size();
    Files.delete(part);
    return "sent %d bytes with SHA-256 %s, expected %d with %s"
        .formatted(bytes, found, archive.bytes(), archive.sha256());
  }
}
