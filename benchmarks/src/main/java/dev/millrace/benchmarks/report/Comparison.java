package dev.millrace.benchmarks.report;

import java.io.IOException;
import java.util.List;

/** Ours and its peers, run in turn so that what else the machine does meets all of them. */
public interface Comparison {
  /** Runs each once; a ratio is taken within a round. */
  void round() throws IOException, InterruptedException;

  /** What was reached in the rounds so far; without those rows whose peer is not there. */
  List<Measured> rows();
}
