package dev.millrace.inference;

import dev.millrace.start.settings.CommonSettings;
import dev.millrace.start.settings.S3Settings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Optional;

/**
 * Every setting of inference. The environment variable {@code MILLRACE_INFERENCE_POLL_SECONDS} is
 * {@code inference().pollSeconds()}.
 */
@ConfigMapping(prefix = "millrace")
public interface InferenceConfig extends CommonSettings {
  Grpc grpc();

  S3Settings s3();

  @Valid
  Inference inference();

  /** The gRPC server. */
  interface Grpc {
    /** Address on which the service listens for gRPC. */
    @WithDefault("${millrace.http.host:localhost}")
    String host();

    /** Port on which the service listens for gRPC; 0 selects a free port. */
    @WithDefault("9000")
    @Min(0)
    @Max(65_535)
    int port();
  }

  /** What is served, to whom, and how requests share forward passes. */
  interface Inference {
    /**
     * Run whose best checkpoint is served; with {@code PREFIX*} the best of all runs whose names
     * start with PREFIX. Default: the newest run that has a checkpoint.
     */
    Optional<
            @Pattern(
                regexp = "(?!\\.\\.?\\*?$)[^*/]+\\*?|\\*",
                message = "a run's name, or PREFIX* for all runs named so")
            String>
        run();

    /** Seconds between two polls of S3 for a better checkpoint. */
    @WithDefault("10")
    @Min(1)
    @Max(3600)
    int pollSeconds();

    /** Images in one forward pass, and in one request, at most. */
    @WithDefault("64")
    @Min(1)
    @Max(1024)
    int maxBatchImages();

    /** Images that may wait for a forward pass, at most; a request beyond it is refused. */
    @WithDefault("256")
    @Min(1)
    @Max(65_536)
    int maxQueueImages();

    /**
     * Microseconds that a request waits for others to share its forward pass. Requests that arrive
     * during a forward pass share the next one in any case, so 0 costs no throughput.
     */
    @WithDefault("0")
    @Min(0)
    @Max(10_000_000)
    int maxBatchDelayMicros();

    /** Share of the predictions that is traced if the client does not trace them. */
    @WithDefault("0.01")
    @DecimalMin("0")
    @DecimalMax("1")
    double traceRatio();

    /** Secret for promote, rollback, pin and unpin. Default: none, these are off. */
    Optional<@Size(min = 16) String> adminToken();

    /**
     * Secret for predictions over HTTP and gRPC. Default: none, everyone may predict unless OIDC is
     * on.
     */
    Optional<@Size(min = 16) String> predictToken();

    @AssertTrue(
        message =
            "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES: allowed: at least"
                + " MILLRACE_INFERENCE_MAX_BATCH_IMAGES")
    default boolean queueHoldsABatch() {
      return maxQueueImages() >= maxBatchImages();
    }
  }
}
