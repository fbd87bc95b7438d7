package dev.millrace.trainer;

import dev.millrace.model.ObjectStore;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A span for every request that is made within another span; without one it only delegates. */
final class TracedObjectStore implements ObjectStore {
  private final ObjectStore delegate;
  private final Tracer tracer;

  TracedObjectStore(ObjectStore delegate, OpenTelemetry telemetry) {
    this.delegate = delegate;
    tracer = telemetry.getTracer("dev.millrace.s3");
  }

  @Override
  public void put(String key, byte[] content, String contentType) {
    traced(
        "S3 PUT",
        key,
        () -> {
          delegate.put(key, content, contentType);
          return null;
        });
  }

  @Override
  public boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    return traced(
        "S3 PUT", key, () -> delegate.putIfUnchanged(key, content, contentType, expected));
  }

  @Override
  public Optional<StoredObject> get(String key) {
    return traced("S3 GET", key, () -> delegate.get(key));
  }

  @Override
  public List<String> keys(String prefix) {
    return traced("S3 LIST", prefix, () -> delegate.keys(prefix));
  }

  @Override
  public List<String> folders(String prefix) {
    return traced("S3 LIST", prefix, () -> delegate.folders(prefix));
  }

  @Override
  public void delete(String key) {
    traced(
        "S3 DELETE",
        key,
        () -> {
          delegate.delete(key);
          return null;
        });
  }

  private <T> T traced(String name, String key, Supplier<T> request) {
    if (!Span.current().getSpanContext().isSampled()) {
      return request.get();
    }
    Span span =
        tracer
            .spanBuilder(name)
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
