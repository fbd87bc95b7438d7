package dev.millrace.inference.oip.grpc;

import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Singleton;
import java.io.InputStream;
import java.util.zip.InflaterInputStream;

/**
 * Adds the message encoding {@code deflate}, which Triton supports. gRPC itself supports gzip only.
 */
@Singleton
@Unremovable // looked up at run time only
final class GrpcDeflate implements ServerBuilderCustomizer<VertxServerBuilder>, Decompressor {
  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    builder.decompressorRegistry(DecompressorRegistry.getDefaultInstance().with(this, true));
  }

  @Override
  public String getMessageEncoding() {
    return "deflate";
  }

  @Override
  public InputStream decompress(InputStream message) {
    return new InflaterInputStream(message);
  }
}
