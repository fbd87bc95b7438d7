package dev.millrace.store;

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
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A bucket in any S3-compatible store, accessed with MinIO's client. */
public final class MinioObjectStore implements ObjectStore, AutoCloseable {
  /**
   * Part size. The client uses a multipart upload for larger objects, which drops the conditions of
   * a put.
   */
  private static final long PART_BYTES = 64L << 20;

  private static final String NO_SUCH_KEY = "NoSuchKey";
  private static final Set<String> BUCKET_EXISTS =
      Set.of("BucketAlreadyOwnedByYou", "BucketAlreadyExists");

  private final MinioClient client;
  private final String bucket;
  private final StoreErrors errors;

  /**
   * Creates a client for a bucket; does not connect yet.
   *
   * @throws IllegalArgumentException as described at {@link MinioClients#create}
   */
  public MinioObjectStore(String endpoint, String bucket, String accessKey, String secretKey) {
    client = MinioClients.create(endpoint, bucket, accessKey, secretKey);
    this.bucket = bucket;
    errors = new StoreErrors(endpoint, bucket);
  }

  /** Creates the bucket if it does not exist. */
  public void ensureBucket() {
    call(
        "create the bucket",
        () -> {
          if (!client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build())) {
            createBucket();
          }
          return null;
        });
  }

  /** Creates the bucket, unless another process creates it at the same time. */
  private void createBucket() throws MinioException {
    try {
      client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
    } catch (ErrorResponseException e) {
      if (!BUCKET_EXISTS.contains(e.errorResponse().code())) {
        throw e;
      }
    }
  }

  @Override
  public void put(String key, byte[] content, String contentType) {
    PutObjectArgs put = put(key, content, contentType, new Http.Headers());
    call("put " + key, () -> client.putObject(put));
  }

  @Override
  public boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    String header = expected.isPresent() ? "If-Match" : "If-None-Match";
    Http.Headers condition = new Http.Headers(header, expected.orElse("*"));
    PutObjectArgs put = put(key, content, contentType, condition);
    return call(
        "put %s with the condition %s".formatted(key, header),
        () -> {
          try {
            client.putObject(put);
            return true;
          } catch (MinioException e) {
            if (StoreErrors.isConditionFailed(e)) {
              return false;
            }
            throw e;
          }
        });
  }

  private PutObjectArgs put(String key, byte[] content, String contentType, Http.Headers headers) {
    if (content.length > PART_BYTES) {
      throw new IllegalArgumentException(
          "%s has %d bytes; allowed: up to %d".formatted(key, content.length, PART_BYTES));
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
            return Optional.of(new StoredObject(content, strong(response.headers().get("ETag"))));
          } catch (ErrorResponseException e) {
            if (NO_SUCH_KEY.equals(e.errorResponse().code())) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  /**
   * Returns the strong form of an ETag. A proxy that compresses responses makes ETags weak, and
   * conditional requests do not accept weak ETags.
   */
  private static String strong(String etag) {
    return etag != null && etag.startsWith("W/") ? etag.substring(2) : etag;
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
      throw errors.toException(what, e);
    } catch (IllegalArgumentException e) {
      throw errors.invalid(what, e);
    } catch (IllegalStateException e) {
      // The client wraps failures that it does not expect, such as a refused connection.
      if (e.getCause() instanceof IOException || e.getCause() instanceof CertificateException) {
        throw errors.toException(what, e);
      }
      throw e;
    }
  }
}
