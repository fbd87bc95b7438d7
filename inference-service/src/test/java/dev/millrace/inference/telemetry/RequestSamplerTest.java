package dev.millrace.inference.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestSamplerTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @Test
  void requestsAreTracedAtTheRatio() {
    assertThat(decision(0, Context.root(), SpanKind.SERVER)).isEqualTo(SamplingDecision.DROP);
    assertThat(decision(1, Context.root(), SpanKind.SERVER))
        .isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
  }

  @Test
  void whatTheServiceBeginsItselfIsTracedAlways() {
    assertThat(decision(0, Context.root(), SpanKind.CONSUMER))
        .isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
  }

  @Test
  void aClientThatTracesIsFollowedAndOneThatDoesNotIsNot() {
    assertThat(decision(0, caller(TraceFlags.getSampled()), SpanKind.SERVER))
        .isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
    assertThat(decision(1, caller(TraceFlags.getDefault()), SpanKind.SERVER))
        .isEqualTo(SamplingDecision.DROP);
  }

  private static Context caller(TraceFlags flags) {
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    TRACE, "b7ad6b7169203331", flags, TraceState.getDefault())));
  }

  private static SamplingDecision decision(double ratio, Context parent, SpanKind kind) {
    return RequestSampler.of(ratio)
        .shouldSample(parent, TRACE, "span", kind, Attributes.empty(), List.of())
        .getDecision();
  }
}
