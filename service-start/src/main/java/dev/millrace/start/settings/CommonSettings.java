package dev.millrace.start.settings;

import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings that all services share. The configuration mapping of each service, with the prefix
 * {@code millrace}, extends this interface.
 */
public interface CommonSettings {
  Http http();

  Kafka kafka();

  Otlp otlp();

  Log log();

  /** Settings of the HTTP server. */
  interface Http {
    /** Address on which the service listens for HTTP. */
    @WithDefault("localhost")
    String host();

    /**
     * Port on which the service listens for HTTP; 0 selects a free port. Default: 8081 (ingest),
     * 8082 (trainer), 8080 (inference).
     */
    @Min(0)
    @Max(65_535)
    OptionalInt port();
  }

  /** Settings of the Kafka clients. */
  interface Kafka {
    /**
     * Regular expression for a host name, an IPv4 address or an IPv6 address in brackets, and a
     * port.
     */
    String HOST_AND_PORT = "\\[?[\\w.:-]+\\]?:\\d{1,5}";

    /** Kafka brokers to connect to first. */
    @WithDefault("localhost:9092")
    @Pattern(
        regexp = "\\s*" + HOST_AND_PORT + "\\s*(,\\s*" + HOST_AND_PORT + "\\s*)*",
        message = "HOST:PORT, or several separated by commas")
    String bootstrapServers();
  }

  /** Settings of the OpenTelemetry exporter. */
  interface Otlp {
    /** OpenTelemetry collector that receives the traces. Default: none, no traces are exported. */
    Optional<
            @Pattern(
                regexp = "https?://[\\w.\\[\\]:-]+(/.*)?",
                message = "a URL such as http://localhost:4317")
            String>
        endpoint();

    /** Protocol of the OpenTelemetry collector. */
    @WithDefault("grpc")
    @Pattern(regexp = "grpc|http/protobuf", message = "grpc or http/protobuf")
    String protocol();
  }

  /** Settings of the console log. */
  interface Log {
    /** Whether each log line is written as a JSON object. */
    @WithDefault("false")
    boolean json();
  }
}
