package dev.millrace.ingest.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class IngestTracingTest {
  private static final OpenTelemetry TELEMETRY =
      OpenTelemetrySdk.builder()
          .setTracerProvider(SdkTracerProvider.builder().build())
          .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
          .build();

  @Test
  void everyNthTrainingMinibatchHasATraceInItsHeaders() {
    IngestTracing tracing = new IngestTracing(TELEMETRY, 3);
    for (int batch = 0; batch < 10; batch++) {
      Headers headers = headers(tracing, Split.TRAIN, batch, Kind.MINIBATCH);
      if (batch % 3 == 0) {
        assertThat(headers.toArray()).hasSize(1);
        assertThat(new String(headers.lastHeader("traceparent").value(), StandardCharsets.UTF_8))
            .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
      } else {
        assertThat(headers.toArray()).isEmpty();
      }
    }
  }

  @Test
  void epochEndsAndOtherSplitsAreNotTraced() {
    IngestTracing tracing = new IngestTracing(TELEMETRY, 1);
    assertThat(headers(tracing, Split.TRAIN, 0, Kind.EPOCH_END).toArray()).isEmpty();
    assertThat(headers(tracing, Split.VALIDATION, 0, Kind.MINIBATCH).toArray()).isEmpty();
    assertThat(headers(tracing, Split.TEST, 0, Kind.MINIBATCH).toArray()).isEmpty();
  }

  @Test
  void zeroTracesNothing() {
    IngestTracing tracing = new IngestTracing(TELEMETRY, 0);
    assertThat(headers(tracing, Split.TRAIN, 0, Kind.MINIBATCH).toArray()).isEmpty();
  }

  private static Headers headers(IngestTracing tracing, Split split, int batch, Kind kind) {
    Headers headers = new RecordHeaders();
    tracing
        .begin(new MinibatchHeaders("stream", split, 1, batch, kind), Duration.ofMillis(1), headers)
        .end(null);
    return headers;
  }
}
