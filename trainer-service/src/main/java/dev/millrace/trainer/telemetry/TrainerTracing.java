package dev.millrace.trainer.telemetry;

import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.trainer.loop.CompletedStep;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;

/**
 * The spans of training. A step belongs to the trace of its minibatch, if ingest started one. A
 * checkpoint starts its own trace, which links to the traced steps since the previous checkpoint.
 * The training thread uses this class. The thread that saves checkpoints runs the task of {@link
 * #checkpointBegun} and calls {@link #checkpointSaved} and {@link #inject}.
 */
@ApplicationScoped
class TrainerTracing {
  /** Maximum number of links in a span. */
  private static final int MAX_LINKS = 128;

  private static final TextMapGetter<Function<String, byte[]>> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Function<String, byte[]> headers) {
          return List.of();
        }

        @Override
        public String get(Function<String, byte[]> headers, String key) {
          byte[] value = headers.apply(key);
          return value == null ? null : new String(value, StandardCharsets.UTF_8);
        }
      };

  private final Tracer tracer;
  private final TextMapPropagator propagator;
  private final Deque<SpanContext> steps = new ArrayDeque<>();
  private Span checkpoint = Span.getInvalid();
  private Scope scope = Scope.noop();

  TrainerTracing(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer("dev.millrace.trainer");
    propagator = telemetry.getPropagators().getTextMapPropagator();
  }

  void stepCompleted(CompletedStep step) {
    Context minibatch = propagator.extract(Context.root(), step.header(), HEADERS);
    if (!Span.fromContext(minibatch).getSpanContext().isSampled()) {
      return;
    }
    Instant end = Instant.now();
    Instant begin = end.minusNanos((long) (step.seconds() * 1e9));
    Span span =
        withPosition(tracer.spanBuilder("train step"), step.run(), step.epoch(), step.step())
            .setParent(minibatch)
            .setSpanKind(SpanKind.CONSUMER)
            .setStartTimestamp(begin)
            .setAttribute("millrace.images", (long) step.images())
            .setAttribute("millrace.loss", step.loss())
            .setAttribute("millrace.learning_rate", step.learningRate())
            .setAttribute("millrace.wait_seconds", step.waitSeconds())
            .startSpan();
    span.end(end);
    if (steps.size() == MAX_LINKS) {
      steps.remove();
    }
    steps.add(span.getSpanContext());
  }

  /** Returns the saving task, wrapped in the span of the checkpoint. */
  Runnable checkpointBegun(CheckpointManifest manifest, Runnable saving) {
    SpanBuilder builder =
        withPosition(
                tracer.spanBuilder("checkpoint"), manifest.run(), manifest.epoch(), manifest.step())
            .setNoParent()
            .setAttribute("millrace.checkpoint", manifest.id());
    steps.forEach(builder::addLink);
    steps.clear();
    Span span = builder.startSpan();
    return () -> {
      checkpoint = span;
      try (Scope scope = span.makeCurrent()) {
        saving.run();
      } finally {
        span.end();
      }
    };
  }

  void checkpointSaved(long bytes) {
    checkpoint.setAttribute("millrace.bytes", bytes);
    checkpoint.end();
  }

  /** Adds the trace context of the newest checkpoint to the headers of a record about it. */
  void inject(Headers headers) {
    Context context = Context.root().with(checkpoint);
    propagator.inject(
        context,
        headers,
        (carrier, key, value) -> carrier.add(key, value.getBytes(StandardCharsets.UTF_8)));
  }

  private static SpanBuilder withPosition(SpanBuilder builder, String run, int epoch, long step) {
    return builder
        .setAttribute("millrace.run", run)
        .setAttribute("millrace.epoch", (long) epoch)
        .setAttribute("millrace.step", step);
  }
}
