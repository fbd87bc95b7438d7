package dev.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.store.ConditionalPuts;
import dev.millrace.store.MinioObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a store folder that was copied without extended attributes. */
class CopiedHomeTest {
  @TempDir private Path home;

  private static S3Proxy serve(Path folder) throws Exception {
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "key", "secret")
            .build();
    server.start();
    return server;
  }

  private static MinioObjectStore client(S3Proxy server) {
    return new MinioObjectStore(
        "http://127.0.0.1:" + server.getPort(), "millrace", "key", "secret");
  }

  private static BestCheckpoint best(int epoch, double accuracy) {
    return new BestCheckpoint(
        BestCheckpoint.SCHEMA, "r", CheckpointManifest.id(epoch, 10), epoch, 10, accuracy);
  }

  @Test
  @Timeout(60)
  void replacesTheBestOnlyByABetterCheckpoint() throws Exception {
    Path original = Files.createDirectory(home.resolve("original"));
    S3Proxy first = serve(original);
    try (MinioObjectStore objects = client(first)) {
      objects.ensureBucket();
      assertThat(new CheckpointStore(objects).offerBest(best(1, .5))).isTrue();
      assertThat(objects.get("runs/r/best.json").orElseThrow().etag()).isNotNull();
    } finally {
      first.stop();
    }
    Path copy = home.resolve("copy");
    copy(original, copy);
    S3Proxy second = serve(copy);
    try (MinioObjectStore objects = client(second)) {
      assertThat(objects.get("runs/r/best.json").orElseThrow().etag()).isNull();
      CheckpointStore store = new CheckpointStore(objects);
      assertThat(store.offerBest(best(2, .4))).isFalse();
      assertThat(store.offerBest(best(3, .6))).isTrue();
      assertThat(store.offerBest(best(4, .7))).isTrue();
      assertThat(store.best("r")).contains(best(4, .7));
      ConditionalPuts.require(objects, "r");
    } finally {
      second.stop();
    }
  }

  /** Copies a folder without extended attributes, like cp -r, tar, scp and rsync without -X. */
  private static void copy(Path from, Path to) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(from)) {
      paths = all.toList();
    }
    for (Path path : paths) {
      Path target = to.resolve(from.relativize(path).toString());
      if (Files.isDirectory(path)) {
        Files.createDirectories(target);
      } else {
        Files.write(target, Files.readAllBytes(path));
      }
    }
  }
}
