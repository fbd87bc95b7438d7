package dev.millrace.benchmarks.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A line of h2load's log file.
 *
 * @param startMicros the time of the request, since 1970
 * @param status HTTP's status code, or -1 without a response
 * @param micros the time from the request to the end of the response
 */
record Response(long startMicros, int status, long micros) {
  private static final int OK = 200;

  /** Reads a log file. */
  static List<Response> read(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.map(Response::parse).toList();
    }
  }

  private static Response parse(String line) {
    String[] columns = line.split("\t");
    return new Response(
        Long.parseLong(columns[0]), Integer.parseInt(columns[1]), Long.parseLong(columns[2]));
  }

  long endMicros() {
    return startMicros + micros;
  }

  boolean failed() {
    return status != OK;
  }
}
