package dev.millrace.trainer.store;

import dev.millrace.store.ForwardingObjectStore;
import dev.millrace.store.ObjectStore;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.function.Supplier;

/**
 * Records a span for every request that is made within another span. Without one it only delegates.
 */
public final class TracedObjectStore extends ForwardingObjectStore {
  private final Tracer tracer;

  public TracedObjectStore(ObjectStore delegate, OpenTelemetry telemetry) {
    super(delegate);
    tracer = telemetry.getTracer("dev.millrace.s3");
  }

  @Override
  protected <T> T around(String operation, String key, Supplier<T> request) {
    if (!Span.current().getSpanContext().isSampled()) {
      return request.get();
    }
    Span span =
        tracer
            .spanBuilder("S3 " + operation)
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("aws.s3.key", key)
            .startSpan();
    try {
      return request.get();
    } catch (RuntimeException e) {
      span.setStatus(StatusCode.ERROR, String.valueOf(e.getMessage()));
      throw e;
    } finally {
      span.end();
    }
  }
}
