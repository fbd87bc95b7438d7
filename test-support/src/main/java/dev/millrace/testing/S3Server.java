package dev.millrace.testing;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.store.MinioObjectStore;
import java.net.URI;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** An S3 server that stores objects in a folder and checks signatures. */
public final class S3Server implements AutoCloseable {
  public static final String ACCESS_KEY = "test-access";
  public static final String SECRET_KEY = "test-secret-key";
  public static final String BUCKET = "millrace";

  private final S3Proxy proxy;
  private final int port;

  private S3Server(S3Proxy proxy) {
    this.proxy = proxy;
    port = proxy.getPort();
  }

  /**
   * Starts a server and creates the bucket.
   *
   * @param port the port to listen on; 0 for any free port
   */
  public static S3Server start(Path folder, int port) throws Exception {
    S3Server server = start(folder, port, SECRET_KEY);
    try (MinioObjectStore objects = server.objects()) {
      objects.ensureBucket();
    }
    return server;
  }

  /**
   * Starts a server without a bucket.
   *
   * @param secret the secret key of the server, which may differ from that of the clients
   */
  public static S3Server start(Path folder, int port, String secret) throws Exception {
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, secret)
            .build();
    proxy.start();
    return new S3Server(proxy);
  }

  public int port() {
    return port;
  }

  public String endpoint() {
    return "http://127.0.0.1:" + port();
  }

  public MinioObjectStore objects() {
    return objects(SECRET_KEY);
  }

  public MinioObjectStore objects(String secret) {
    return new MinioObjectStore(endpoint(), BUCKET, ACCESS_KEY, secret);
  }

  public CheckpointStore store() {
    return new CheckpointStore(objects());
  }

  @Override
  public void close() throws Exception {
    proxy.stop();
  }
}
