package dev.millrace.benchmarks;

import dev.millrace.protocol.Minibatch;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Predictions as clients get them against the bare forward pass and a Python server. */
final class ServingComparison implements Comparison {
  static final int CLIENTS = 64;

  /** So long does the JVM's compiler take on two cores that the load leaves it little of. */
  private static final double WARM_UP_SECONDS = 90;

  private static final double PEER_WARM_UP_SECONDS = 20;
  private static final double SECONDS = 10;

  /** Turns of so many seconds, for a shared machine grows slower and faster within minutes. */
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
   * @param reference null without the Python peer
   */
  ServingComparison(Path project, Reference reference) {
    this.project = project;
    this.reference = reference;
    new Random(0).nextBytes(image);
  }

  @Override
  public void round() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("millrace-benchmark");
    Load.Result http;
    try (StackRun stack = StackRun.serving(project, home)) {
      http = serving(stack);
    }
    System.out.printf("  HTTP: %s%n", http);
    if (reference != null) {
      python(http, StackRun.newestCheckpoint(home), home);
    }
  }

  /**
   * @return a load over HTTP, to compare others with
   */
  private Load.Result serving(StackRun stack) throws IOException, InterruptedException {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", stack.inferenceGrpcPort())
            .usePlaintext()
            .directExecutor()
            .build();
    try (SocketClients clients = stack.predicting(image);
        BarePasses bare = new BarePasses(StackRun.newestCheckpoint(stack.home()))) {
      Load.Starter http = clients::start;
      Load.Starter grpc = latencies -> GrpcClient.start(channel, image, latencies);
      Load.run(CLIENTS, 0, WARM_UP_SECONDS, http);
      Load.run(CLIENTS, 0, WARM_UP_SECONDS, grpc);
      lone(bare, http);
      saturated(bare, http, grpc);
      return Load.run(CLIENTS, 1, SECONDS, http);
    } finally {
      channel.shutdownNow();
    }
  }

  private void lone(BarePasses bare, Load.Starter http) throws IOException, InterruptedException {
    double before = bare.singleMillis();
    Load.Result one = Load.run(1, 1, SECONDS, http);
    double behind = bare.singleMillis();
    System.out.printf("  bare image: %.2f ms; %s; bare image: %.2f ms%n", before, one, behind);
    overBareMillis.add(one.p50() - (before + behind) / 2);
  }

  private void saturated(BarePasses bare, Load.Starter http, Load.Starter grpc)
      throws IOException, InterruptedException {
    double images = 0;
    double overHttp = 0;
    double overGrpc = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      images += bare.perSecond(TURN_SECONDS) / TURNS;
      overHttp += Load.run(CLIENTS, RAMP_SECONDS, TURN_SECONDS, http).perSecond() / TURNS;
      overGrpc += Load.run(CLIENTS, RAMP_SECONDS, TURN_SECONDS, grpc).perSecond() / TURNS;
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
        its = Load.run(CLIENTS, PEER_WARM_UP_SECONDS, SECONDS, clients::start);
      }
      System.out.printf("  LitServe: %s%n", its);
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
    rows.add(
        Measured.atLeast(
            .85, "predictions over HTTP, 64 clients / bare at the best batch", httpAgainstBare));
    rows.add(
        Measured.atLeast(
            .85, "predictions over gRPC, 64 clients / bare at the best batch", grpcAgainstBare));
    if (!againstPython.isEmpty()) {
      rows.add(Measured.atLeast(2, "predictions over HTTP / LitServe", againstPython));
      rows.add(Measured.atMost(1, "their p99 / LitServe's", p99AgainstPython));
    }
    return rows;
  }
}
