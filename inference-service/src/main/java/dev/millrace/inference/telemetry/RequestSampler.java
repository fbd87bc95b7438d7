package dev.millrace.inference.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;

/**
 * Samples a fraction of the requests without a trace, and all spans that the service starts itself.
 */
public final class RequestSampler implements Sampler {
  private final Sampler requests;

  private RequestSampler(Sampler requests) {
    this.requests = requests;
  }

  /**
   * Creates a sampler.
   *
   * @param ratio the fraction of sampled requests, in [0, 1]
   */
  public static Sampler of(double ratio) {
    return Sampler.parentBased(new RequestSampler(Sampler.traceIdRatioBased(ratio)));
  }

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    Sampler chosen = kind == SpanKind.SERVER ? requests : Sampler.alwaysOn();
    return chosen.shouldSample(parent, traceId, name, kind, attributes, links);
  }

  @Override
  public String getDescription() {
    return "RequestSampler{" + requests.getDescription() + "}";
  }
}
