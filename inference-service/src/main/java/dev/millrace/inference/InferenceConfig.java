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
interface InferenceConfig {
  Http http();

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
    /** Whose best checkpoint is served; absent for the newest run that has one. */
    Optional<String> run();

    /** How often S3 is asked for a better checkpoint, events or not. */
    @WithDefault("10")
    int pollSeconds();
  }
}
