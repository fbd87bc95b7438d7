package dev.millrace.trainer;

import dev.millrace.model.MinioObjectStore;
import java.net.URI;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** A real S3 server on a folder, which checks signatures; the secret is {@code secret}. */
final class S3Server implements AutoCloseable {
  static final String BUCKET = "millrace";
  static final String ACCESS_KEY = "key";

  private final S3Proxy proxy;
  private final int port;

  private S3Server(S3Proxy proxy) {
    this.proxy = proxy;
    port = proxy.getPort();
  }

  /** Starts it on a port; 0 for any. */
  static S3Server start(Path folder, int port) throws Exception {
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, "secret")
            .build();
    proxy.start();
    return new S3Server(proxy);
  }

  int port() {
    return port;
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  MinioObjectStore client(String secret) {
    return new MinioObjectStore(endpoint(), BUCKET, ACCESS_KEY, secret);
  }

  @Override
  public void close() throws Exception {
    proxy.stop();
  }
}
