package dev.millrace.benchmarks.process;

/** The inference service's own metrics of its forward passes. */
public final class ForwardPasses {
  private static final String HISTOGRAM = "millrace_inference_forward_seconds";

  private final Counter seconds;
  private final Counter count;

  /**
   * Creates a reader of the metrics.
   *
   * @param port the port of the service's metrics
   */
  public ForwardPasses(int port) {
    seconds = new Counter(port, HISTOGRAM + "_sum");
    count = new Counter(port, HISTOGRAM + "_count");
  }

  public record Mark(double seconds, double count) {
    /** Returns the mean duration of a pass since an earlier mark, in milliseconds. */
    public double meanMillisSince(Mark begin) {
      return 1000 * (seconds - begin.seconds) / (count - begin.count);
    }
  }

  public Mark mark() throws InterruptedException {
    return new Mark(seconds.value(), count.value());
  }
}
