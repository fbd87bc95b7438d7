package dev.millrace.benchmarks.report;

import java.io.IOException;
import java.util.List;

/** Runs Millrace and its peers in turn, so that other load on the machine affects all of them. */
public interface Comparison {
  /** Runs each once. Ratios are computed within a round. */
  void round() throws IOException, InterruptedException;

  /** Returns the results of the rounds so far, without the rows of missing peers. */
  List<Measured> rows();
}
