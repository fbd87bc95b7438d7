package dev.millrace.inference.telemetry;

import dev.millrace.inference.reload.ReloadPhase;
import dev.millrace.protocol.run.CheckpointManifest;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Creates the spans of serving. A prediction belongs to its request's trace. A reload, up to the
 * first prediction with the new weights, belongs to the trace in which the trainer saved the
 * checkpoint if an event carried it; else it begins a new trace.
 */
@Singleton
public final class InferenceTracing {
  private static final int ANNOUNCEMENTS_KEPT = 16;

  private static final TextMapGetter<Headers> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Headers headers) {
          return List.of();
        }

        @Override
        public String get(Headers headers, String key) {
          Header header = headers.lastHeader(key);
          return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
        }
      };

  /** The pending span of the first prediction by a checkpoint. */
  private record Awaited(String run, String checkpoint, Context reload) {}

  private final Tracer tracer;
  private final TextMapPropagator propagator;
  private final Map<String, Context> announcements =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Context> eldest) {
          return size() > ANNOUNCEMENTS_KEPT;
        }
      };
  private final AtomicReference<Awaited> awaited = new AtomicReference<>();

  // Used by the reload thread only.
  private Span reload = Span.getInvalid();
  private Scope scope = Scope.noop();

  public InferenceTracing(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer("dev.millrace.inference");
    propagator = telemetry.getPropagators().getTextMapPropagator();
  }

  /**
   * Records the trace of a checkpoint's event.
   *
   * @return the trace that the event belongs to
   */
  public Context announced(String run, String checkpoint, Headers headers) {
    Context context = propagator.extract(Context.root(), headers, HEADERS);
    if (Span.fromContext(context).getSpanContext().isValid()) {
      synchronized (announcements) {
        announcements.put(run + "/" + checkpoint, context);
      }
    }
    return context;
  }

  // The reload's thread closes the scope in reloadEnded.
  @SuppressWarnings("MustBeClosedChecker")
  void reloadBegun(String run, String checkpoint) {
    Context parent;
    synchronized (announcements) {
      parent = announcements.getOrDefault(run + "/" + checkpoint, Context.root());
    }
    reload =
        tracer
            .spanBuilder("reload")
            .setParent(parent)
            .setSpanKind(SpanKind.CONSUMER)
            .setAttribute("millrace.run", run)
            .setAttribute("millrace.checkpoint", checkpoint)
            .startSpan();
    scope = reload.makeCurrent();
    awaited.set(new Awaited(run, checkpoint, Context.root().with(reload)));
  }

  void reloadPhaseCompleted(ReloadPhase phase, Duration took) {
    Instant end = Instant.now();
    between(
        tracer
            .spanBuilder(phase.name().toLowerCase(Locale.ROOT))
            .setParent(Context.root().with(reload)),
        end.minus(took),
        end);
  }

  /**
   * Ends the span of the reload.
   *
   * @param refusal why the checkpoint does not serve; null if it does
   */
  void reloadEnded(String refusal) {
    if (refusal != null) {
      reload.setStatus(StatusCode.ERROR, refusal);
      awaited.set(null);
    }
    scope.close();
    reload.end();
  }

  /** Decodes an upload within its own span. */
  public <T> T decoding(Supplier<T> work) {
    if (!Span.current().getSpanContext().isSampled()) {
      return work.get();
    }
    Span span = tracer.spanBuilder("decode").startSpan();
    try {
      return work.get();
    } finally {
      span.end();
    }
  }

  /** The timestamps of one request. Its spans are created when it ends. */
  final class Request {
    private final Context parent = Context.current();
    private final Instant arrived = Instant.now();
    private Instant forwardBegun;

    void forwardBegun() {
      forwardBegun = Instant.now();
    }

    void answered(CheckpointManifest checkpoint) {
      Instant now = Instant.now();
      if (Span.fromContext(parent).getSpanContext().isSampled()) {
        between(tracer.spanBuilder("queue wait").setParent(parent), arrived, forwardBegun);
        between(of(checkpoint, tracer.spanBuilder("forward").setParent(parent)), forwardBegun, now);
      }
      Awaited first = awaited.get();
      if (first != null
          && first.checkpoint.equals(checkpoint.id())
          && first.run.equals(checkpoint.run())
          && awaited.compareAndSet(first, null)) {
        between(
            of(checkpoint, tracer.spanBuilder("first prediction"))
                .setParent(first.reload)
                .addLink(Span.fromContext(parent).getSpanContext()),
            arrived,
            now);
      }
    }
  }

  private static SpanBuilder of(CheckpointManifest checkpoint, SpanBuilder builder) {
    return builder
        .setAttribute("millrace.run", checkpoint.run())
        .setAttribute("millrace.epoch", (long) checkpoint.epoch())
        .setAttribute("millrace.step", checkpoint.step())
        .setAttribute("millrace.checkpoint", checkpoint.id());
  }

  private static void between(SpanBuilder builder, Instant begin, Instant end) {
    builder.setStartTimestamp(begin).startSpan().end(end);
  }
}
