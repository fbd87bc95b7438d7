package dev.millrace.benchmarks.serving;

import dev.millrace.benchmarks.process.Children;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;

/**
 * The bare forward pass in a JVM with the inference service's options. The process is idle between
 * requests, so its measurements can alternate with the service's. This matters on a machine whose
 * speed varies.
 */
final class BarePasses implements AutoCloseable {
  private final Process process;
  private final Writer requests;
  private final BufferedReader responses;

  /**
   * Starts the process and waits until it has warmed up.
   *
   * @param checkpoint the checkpoint's folder
   */
  BarePasses(Path checkpoint) throws IOException {
    process = Children.startAsInference(BareForward.class, List.of(checkpoint.toString()));
    requests = process.outputWriter();
    responses = process.inputReader();
    System.out.printf("  best batch of the bare forward pass: %s images%n", ask(BareForward.BATCH));
  }

  /** Measures the median time of one image, in milliseconds. */
  double singleMillis() throws IOException {
    return Double.parseDouble(ask(BareForward.SINGLE));
  }

  /** Measures the images per second at the best batch size. */
  double perSecond(double seconds) throws IOException {
    return Double.parseDouble(ask(Double.toString(seconds)));
  }

  private String ask(String request) throws IOException {
    requests.write(request + "\n");
    requests.flush();
    String response = responses.readLine();
    if (response == null) {
      throw new EOFException("the process of the bare forward passes ended; its error is above");
    }
    return response;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
