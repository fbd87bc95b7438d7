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
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.header.Headers;

/**
 * Begins the trace of every n-th minibatch, which goes on where it is trained. A trace is in the
 * record's headers alone: the value's bytes know nothing of it.
 */
public final class IngestTracing {
  private final Tracer tracer;
  private final TextMapPropagator propagator;
  private final int every;

  /**
   * @param every one minibatch in so many is traced; 0 for none
   */
  public IngestTracing(OpenTelemetry telemetry, int every) {
    tracer = telemetry.getTracer("dev.millrace.ingest");
    propagator = telemetry.getPropagators().getTextMapPropagator();
    this.every = every;
  }

  /** The open spans of a record that is being sent. */
  public record Publication(Span minibatch, Span publish) {
    private static final Publication UNTRACED =
        new Publication(Span.getInvalid(), Span.getInvalid());

    /**
     * @param failure null if Kafka has it
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
   * @param augmentation how long the record took to be made, up to now
   * @param headers get the trace's context
   */
  public Publication begin(MinibatchHeaders place, Duration augmentation, Headers headers) {
    if (!isTraced(place)) {
      return Publication.UNTRACED;
    }
    long now = nanos(Instant.now());
    long begin = now - augmentation.toNanos();
    Span minibatch =
        at(place, tracer.spanBuilder("minibatch"))
            .setNoParent()
            .setStartTimestamp(begin, TimeUnit.NANOSECONDS)
            .startSpan();
    Context within = Context.root().with(minibatch);
    at(place, tracer.spanBuilder("augment"))
        .setParent(within)
        .setStartTimestamp(begin, TimeUnit.NANOSECONDS)
        .startSpan()
        .end(now, TimeUnit.NANOSECONDS);
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

  private static long nanos(Instant instant) {
    return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
  }
}
