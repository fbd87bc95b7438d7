package dev.millrace.ingest.telemetry;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;

/**
 * Starts the trace of every n-th training minibatch; the trainer continues it. The trace's context
 * is in the record's headers only, so the record's value does not depend on it.
 */
public final class IngestTracing {
  private final Tracer tracer;
  private final TextMapPropagator propagator;
  private final int every;

  /**
   * Creates spans with the tracer {@code dev.millrace.ingest}.
   *
   * @param every one minibatch in this many is traced; 0 for none
   */
  public IngestTracing(OpenTelemetry telemetry, int every) {
    tracer = telemetry.getTracer("dev.millrace.ingest");
    propagator = telemetry.getPropagators().getTextMapPropagator();
    this.every = every;
  }

  /** The open spans of a record that is in flight. */
  public record Publication(Span minibatch, Span publish) {
    private static final Publication UNTRACED =
        new Publication(Span.getInvalid(), Span.getInvalid());

    /**
     * Ends the spans.
     *
     * @param failure null if Kafka acknowledged the record
     */
    public void end(Throwable failure) {
      if (failure != null) {
        publish.setStatus(StatusCode.ERROR, failure.toString());
      }
      publish.end();
      minibatch.end();
    }
  }

  /**
   * Starts the spans of a record that is about to be sent.
   *
   * @param augmentation how long it took to make the record's value
   * @param headers receive the trace's context
   */
  public Publication begin(MinibatchHeaders place, Duration augmentation, Headers headers) {
    if (!isTraced(place)) {
      return Publication.UNTRACED;
    }
    Instant now = Instant.now();
    Instant begin = now.minus(augmentation);
    Span minibatch =
        at(place, tracer.spanBuilder("minibatch"))
            .setNoParent()
            .setStartTimestamp(begin)
            .startSpan();
    Context within = Context.root().with(minibatch);
    at(place, tracer.spanBuilder("augment"))
        .setParent(within)
        .setStartTimestamp(begin)
        .startSpan()
        .end(now);
    Span publish =
        at(place, tracer.spanBuilder("publish " + place.split().topic()))
            .setParent(within)
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute("messaging.system", "kafka")
            .setAttribute("messaging.destination.name", place.split().topic())
            .startSpan();
    propagator.inject(
        Context.root().with(publish),
        headers,
        (carrier, key, value) -> carrier.add(key, value.getBytes(StandardCharsets.UTF_8)));
    return new Publication(minibatch, publish);
  }

  private boolean isTraced(MinibatchHeaders place) {
    return every > 0
        && place.split() == Split.TRAIN
        && place.kind() == Kind.MINIBATCH
        && place.batch() % every == 0;
  }

  private static SpanBuilder at(MinibatchHeaders place, SpanBuilder builder) {
    return builder
        .setAttribute("millrace.stream", place.stream())
        .setAttribute("millrace.epoch", (long) place.epoch())
        .setAttribute("millrace.batch", (long) place.batch());
  }
}
