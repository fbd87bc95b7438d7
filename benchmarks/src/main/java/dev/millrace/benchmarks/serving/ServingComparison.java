package dev.millrace.benchmarks.serving;

import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.benchmarks.load.LoadResult;
import dev.millrace.benchmarks.process.ForwardPasses;
import dev.millrace.benchmarks.process.Reference;
import dev.millrace.benchmarks.process.StackRun;
import dev.millrace.benchmarks.report.Comparison;
import dev.millrace.benchmarks.report.Measured;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Compares predictions by clients with the bare forward pass and with a Python server. */
public final class ServingComparison implements Comparison {
  /**
   * The warm-up takes five minutes in total, because under load the JIT compiler gets little time
   * on two cores. HTTP and gRPC alternate, because code that was compiled for one of them is
   * compiled again for both.
   */
  private static final int WARM_UP_TURNS = 10;

  private static final double WARM_UP_SECONDS = 15;

  private static final double PEER_WARM_UP_SECONDS = 20;
  private static final double SECONDS = 10;

  /** Many short turns, because the speed of a shared machine varies within minutes. */
  private static final int TURNS = 12;

  private static final double TURN_SECONDS = 2;
  private static final double RAMP_SECONDS = 0.2;

  private final Path project;
  private final Reference reference;
  private final byte[] image = new byte[Minibatch.IMAGE_BYTES];
  private final List<Double> oneClientMillis = new ArrayList<>();
  private final List<Double> httpAgainstBare = new ArrayList<>();
  private final List<Double> grpcAgainstBare = new ArrayList<>();
  private final List<Double> againstLitServe = new ArrayList<>();
  private final List<Double> p99AgainstLitServe = new ArrayList<>();

  /**
   * Creates a comparison.
   *
   * @param reference the Python peer, or null to leave it out
   */
  public ServingComparison(Path project, Reference reference) {
    this.project = project;
    this.reference = reference;
    new Random(0).nextBytes(image);
  }

  @Override
  public void round() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("millrace-benchmark");
    try (StackRun stack = StackRun.serving(project, home);
        H2Load http = PredictionLoad.http(stack, image);
        H2Load grpc = PredictionLoad.grpc(stack, image)) {
      for (int turn = 0; turn < WARM_UP_TURNS; turn++) {
        http.run(H2Load.CLIENTS, 0, WARM_UP_SECONDS);
        grpc.run(H2Load.CLIENTS, 0, WARM_UP_SECONDS);
      }
      Path checkpoint = stack.newestCheckpoint();
      try (BarePasses bare = new BarePasses(checkpoint)) {
        compareOneClient(bare, http, stack.forwardPasses());
        compareManyClients(bare, http, grpc);
      }
      if (reference != null) {
        compareWithLitServe(http.run(H2Load.CLIENTS, 1, SECONDS), checkpoint, home);
      }
    }
  }

  private void compareOneClient(BarePasses bare, H2Load http, ForwardPasses passes)
      throws IOException, InterruptedException {
    double bareMillis = 0;
    double httpMillis = 0;
    double passMillis = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      bareMillis += bare.singleMillis() / TURNS;
      ForwardPasses.Mark begin = passes.mark();
      httpMillis += http.run(1, RAMP_SECONDS, TURN_SECONDS).p50() / TURNS;
      passMillis += passes.mark().meanMillisSince(begin) / TURNS;
    }
    System.out.printf(
        "  one client, ms: bare forward pass %.2f, over HTTP %.2f, forward pass in the service"
            + " %.2f%n",
        bareMillis, httpMillis, passMillis);
    oneClientMillis.add(httpMillis - bareMillis);
  }

  private void compareManyClients(BarePasses bare, H2Load http, H2Load grpc)
      throws IOException, InterruptedException {
    double barePerSecond = 0;
    double httpPerSecond = 0;
    double grpcPerSecond = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      barePerSecond += bare.perSecond(TURN_SECONDS) / TURNS;
      httpPerSecond += http.run(H2Load.CLIENTS, RAMP_SECONDS, TURN_SECONDS).perSecond() / TURNS;
      grpcPerSecond += grpc.run(H2Load.CLIENTS, RAMP_SECONDS, TURN_SECONDS).perSecond() / TURNS;
    }
    System.out.printf(
        "  %d clients, images/s: bare forward passes %.0f, over HTTP %.0f, over gRPC %.0f%n",
        H2Load.CLIENTS, barePerSecond, httpPerSecond, grpcPerSecond);
    httpAgainstBare.add(httpPerSecond / barePerSecond);
    grpcAgainstBare.add(grpcPerSecond / barePerSecond);
  }

  private void compareWithLitServe(LoadResult ours, Path checkpoint, Path home)
      throws IOException, InterruptedException {
    try (LitServePeer peer = new LitServePeer(reference, checkpoint, home.resolve("litserve"))) {
      peer.awaitResponse(image);
      LoadResult theirs;
      try (H2Load load = peer.load(image)) {
        theirs = load.run(H2Load.CLIENTS, PEER_WARM_UP_SECONDS, SECONDS);
      }
      System.out.printf("  HTTP: %s%n  LitServe: %s%n", ours, theirs);
      againstLitServe.add(ours.perSecond() / theirs.perSecond());
      p99AgainstLitServe.add(ours.p99() / theirs.p99());
    }
  }

  @Override
  public List<Measured> rows() {
    List<Measured> rows = new ArrayList<>();
    rows.add(
        Measured.atMost(
            .5,
            "prediction over HTTP, one client, p50 less the bare forward pass, ms",
            oneClientMillis));
    rows.add(Measured.atLeast(.85, manyClients("HTTP"), httpAgainstBare));
    rows.add(Measured.atLeast(.85, manyClients("gRPC"), grpcAgainstBare));
    if (!againstLitServe.isEmpty()) {
      rows.add(Measured.atLeast(2, "predictions over HTTP / LitServe", againstLitServe));
      rows.add(Measured.atMost(1, "p99 of these / LitServe's", p99AgainstLitServe));
    }
    return rows;
  }

  private static String manyClients(String protocol) {
    return "predictions over %s, %d clients / bare forward pass at the best batch"
        .formatted(protocol, H2Load.CLIENTS);
  }
}
