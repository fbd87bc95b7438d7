package dev.millrace.benchmarks.serving;

import dev.millrace.benchmarks.load.GrpcClients;
import dev.millrace.benchmarks.load.Load;
import dev.millrace.benchmarks.load.SocketClients;
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
  private final List<Double> overBareMillis = new ArrayList<>();
  private final List<Double> httpAgainstBare = new ArrayList<>();
  private final List<Double> grpcAgainstBare = new ArrayList<>();
  private final List<Double> againstPython = new ArrayList<>();
  private final List<Double> p99AgainstPython = new ArrayList<>();

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
        SocketClients http = stack.predicting(image);
        GrpcClients grpc = stack.inferring(image)) {
      for (int turn = 0; turn < WARM_UP_TURNS; turn++) {
        Load.run(Load.CLIENTS, 0, WARM_UP_SECONDS, http::start);
        Load.run(Load.CLIENTS, 0, WARM_UP_SECONDS, grpc::start);
      }
      Path checkpoint = StackRun.newestCheckpoint(home);
      try (BarePasses bare = new BarePasses(checkpoint)) {
        lone(bare, http::start, stack.forwardPasses());
        saturated(bare, http::start, grpc::start);
      }
      if (reference != null) {
        python(Load.run(Load.CLIENTS, 1, SECONDS, http::start), checkpoint, home);
      }
    }
  }

  private void lone(BarePasses bare, Load.Starter http, ForwardPasses passes)
      throws IOException, InterruptedException {
    double alone = 0;
    double asked = 0;
    double served = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      alone += bare.singleMillis() / TURNS;
      ForwardPasses.Mark begin = passes.mark();
      asked += Load.run(1, RAMP_SECONDS, TURN_SECONDS, http).p50() / TURNS;
      served += passes.mark().meanMillisSince(begin) / TURNS;
    }
    System.out.printf(
        "  one image, ms, means of %d medians: bare %.2f, HTTP %.2f; of means: pass in service"
            + " %.2f%n",
        TURNS, alone, asked, served);
    overBareMillis.add(asked - alone);
  }

  private void saturated(BarePasses bare, Load.Starter http, Load.Starter grpc)
      throws IOException, InterruptedException {
    double images = 0;
    double overHttp = 0;
    double overGrpc = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      images += bare.perSecond(TURN_SECONDS) / TURNS;
      overHttp += Load.run(Load.CLIENTS, RAMP_SECONDS, TURN_SECONDS, http).perSecond() / TURNS;
      overGrpc += Load.run(Load.CLIENTS, RAMP_SECONDS, TURN_SECONDS, grpc).perSecond() / TURNS;
    }
    System.out.printf(
        "  a second, means of %d turns: bare %.0f, HTTP %.0f, gRPC %.0f%n",
        TURNS, images, overHttp, overGrpc);
    httpAgainstBare.add(overHttp / images);
    grpcAgainstBare.add(overGrpc / images);
  }

  private void python(Load.Result ours, Path checkpoint, Path home)
      throws IOException, InterruptedException {
    try (LitServePeer peer = new LitServePeer(reference, checkpoint, home.resolve("litserve"))) {
      peer.awaitAnswer(image);
      Load.Result its;
      try (SocketClients clients = peer.clients(image)) {
        its = Load.run(Load.CLIENTS, PEER_WARM_UP_SECONDS, SECONDS, clients::start);
      }
      System.out.printf("  HTTP: %s%n  LitServe: %s%n", ours, its);
      againstPython.add(ours.perSecond() / its.perSecond());
      p99AgainstPython.add(ours.p99() / its.p99());
    }
  }

  @Override
  public List<Measured> rows() {
    List<Measured> rows = new ArrayList<>();
    rows.add(
        Measured.atMost(
            .5, "prediction over HTTP, one client, p50 less the bare pass's, ms", overBareMillis));
    rows.add(Measured.atLeast(.85, saturated("HTTP"), httpAgainstBare));
    rows.add(Measured.atLeast(.85, saturated("gRPC"), grpcAgainstBare));
    if (!againstPython.isEmpty()) {
      rows.add(Measured.atLeast(2, "predictions over HTTP / LitServe", againstPython));
      rows.add(Measured.atMost(1, "their p99 / LitServe's", p99AgainstPython));
    }
    return rows;
  }

  private static String saturated(String protocol) {
    return "predictions over %s, %d clients / bare at the best batch"
        .formatted(protocol, Load.CLIENTS);
  }
}
