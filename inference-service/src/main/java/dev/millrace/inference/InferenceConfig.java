package dev.millrace.inference;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/**
 * Every setting of this service. A name such as {@code millrace.inference.poll-seconds} is the
 * environment variable {@code MILLRACE_INFERENCE_POLL_SECONDS}. {@link SettingsCheck} refuses what
 * is out of range.
 */
@ConfigMapping(prefix = "millrace")
public interface InferenceConfig {
  Http http();

  Grpc grpc();

  Kafka kafka();

  S3 s3();

  Inference inference();

  interface Http {
    /** The address to listen on; whoever reaches it may ask for predictions. */
    @WithDefault("localhost")
    String host();

    @WithDefault("8080")
    int port();
  }

  interface Grpc {
    /** The address to listen on; HTTP's, if it is not set. */
    @WithDefault("${millrace.http.host:localhost}")
    String host();

    @WithDefault("9000")
    int port();
  }

  interface Kafka {
    /** Comma-separated HOST:PORT. */
    @WithDefault("localhost:9092")
    String bootstrapServers();
  }

  interface S3 {
    @WithDefault("http://localhost:9100")
    String endpoint();

    @WithDefault("millrace")
    String bucket();

    String accessKey();

    String secretKey();
  }

  interface Inference {
    /**
     * Whose best checkpoint is served; {@code PREFIX*} for the best of all runs named so, absent
     * for the newest run that has one.
     */
    Optional<String> run();

    /** How often S3 is asked for a better checkpoint, events or not. */
    @WithDefault("10")
    int pollSeconds();

    /** Images that one forward pass computes at most, and so that one request may have. */
    @WithDefault("64")
    int maxBatchImages();

    /** Images that may wait for a forward pass; more are refused at once. */
    @WithDefault("256")
    int maxQueueImages();

    /**
     * How long a request waits for others to share its forward pass. What waits behind a running
     * pass is put together anyway, and a busy service then waits up to 5 ms for the clients that it
     * just answered, so 0 costs no throughput.
     */
    @WithDefault("0")
    int maxBatchDelayMicros();

    /** The part of the predictions that is traced, in [0, 1], if the client does not trace them. */
    @WithDefault("0.01")
    double traceRatio();

    /** The secret for promote, rollback, pin and unpin; without it they are off. */
    Optional<String> adminToken();

    /** The secret for predictions over HTTP and gRPC; without it all may predict. */
    Optional<String> predictToken();
  }
}
