package dev.millrace.model;

import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.Http;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.messages.Item;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

/** A bucket of any S3 store, through MinIO's client. */
public final class MinioObjectStore implements ObjectStore, AutoCloseable {
  /** Above this the client would go multipart, which drops the conditions of a put. */
  private static final long PART_BYTES = 64L << 20;

  private static final Set<String> PRECONDITION =
      Set.of("PreconditionFailed", "ConditionalRequestConflict");
  private static final Set<String> ABSENT = Set.of("NoSuchKey", "NoSuchBucket");

  private final MinioClient client;
  private final String endpoint;
  private final String bucket;

  public MinioObjectStore(String endpoint, String bucket, String accessKey, String secretKey) {
    this.endpoint = endpoint;
    this.bucket = bucket;
    MinioClient.Builder builder =
        MinioClient.builder().endpoint(endpoint).credentials(accessKey, secretKey);
    if (endpoint.startsWith("http://")) {
      builder.httpClient(withoutTls());
    }
    client = builder.build();
  }

  /** Otherwise like MinIO's own, whose keys and certificates take a start a second to set up. */
  private static OkHttpClient withoutTls() {
    Duration timeout = Duration.ofMillis(Http.DEFAULT_TIMEOUT);
    return new OkHttpClient.Builder()
        .connectTimeout(timeout)
        .writeTimeout(timeout)
        .readTimeout(timeout)
        .protocols(List.of(Protocol.HTTP_1_1))
        .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
        .addInterceptor(new Http.StatusRetryInterceptor())
        .build();
  }

  /** Makes the bucket if it is not there. */
  public void ensureBucket() {
    call(
        "make bucket",
        () -> {
          if (!client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build())) {
            client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
          }
          return null;
        });
  }

  @Override
  public void put(String key, byte[] content, String contentType) {
    call("put " + key, () -> client.putObject(put(key, content, contentType, new Http.Headers())));
  }

  @Override
  public boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    Http.Headers condition =
        expected
            .map(etag -> new Http.Headers("If-Match", etag))
            .orElseGet(() -> new Http.Headers("If-None-Match", "*"));
    return call(
        "put " + key,
        () -> {
          try {
            client.putObject(put(key, content, contentType, condition));
            return true;
          } catch (ErrorResponseException e) {
            if (PRECONDITION.contains(e.errorResponse().code())) {
              return false;
            }
            throw e;
          }
        });
  }

  private PutObjectArgs put(String key, byte[] content, String contentType, Http.Headers headers) {
    if (content.length > PART_BYTES) {
      throw new IllegalArgumentException(
          "%s of %d bytes is more than one part".formatted(key, content.length));
    }
    return PutObjectArgs.builder().bucket(bucket).object(key).stream(
            new ByteArrayInputStream(content), (long) content.length, PART_BYTES)
        .contentType(contentType)
        .headers(headers)
        .build();
  }

  @Override
  public Optional<StoredObject> get(String key) {
    return call(
        "get " + key,
        () -> {
          GetObjectArgs args = GetObjectArgs.builder().bucket(bucket).object(key).build();
          try (var response = client.getObject(args)) {
            byte[] content = response.readAllBytes();
            return Optional.of(new StoredObject(content, response.headers().get("ETag")));
          } catch (ErrorResponseException e) {
            if (ABSENT.contains(e.errorResponse().code())) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  @Override
  public List<String> keys(String prefix) {
    return list(prefix, true).map(Item::objectName).sorted().toList();
  }

  @Override
  public List<String> folders(String prefix) {
    return list(prefix, false)
        .filter(Item::isDir)
        .map(item -> item.objectName().substring(prefix.length()).replace("/", ""))
        .sorted()
        .toList();
  }

  private Stream<Item> list(String prefix, boolean recursive) {
    return call(
        "list " + prefix,
        () -> {
          ListObjectsArgs args =
              ListObjectsArgs.builder().bucket(bucket).prefix(prefix).recursive(recursive).build();
          List<Item> items = new ArrayList<>();
          for (Result<Item> result : client.listObjects(args)) {
            items.add(result.get());
          }
          return items.stream();
        });
  }

  @Override
  public void delete(String key) {
    call(
        "delete " + key,
        () -> {
          client.removeObject(RemoveObjectArgs.builder().bucket(bucket).object(key).build());
          return null;
        });
  }

  @Override
  public void close() throws Exception {
    client.close();
  }

  private interface Call<T> {
    T run() throws MinioException, IOException;
  }

  private <T> T call(String what, Call<T> call) {
    try {
      return call.run();
    } catch (MinioException | IOException e) {
      throw unavailable(what, e);
    } catch (IllegalStateException e) {
      // How the client reports a refused connection where it expects only its own exceptions.
      if (e.getCause() instanceof IOException) {
        throw unavailable(what, e);
      }
      throw e;
    }
  }

  private StoreUnavailableException unavailable(String what, Exception e) {
    Throwable reason = e.getCause() == null ? e : e.getCause();
    return new StoreUnavailableException(
        "S3 at %s, bucket %s: cannot %s: %s".formatted(endpoint, bucket, what, reason), e);
  }
}
