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

  /**
   * The forward pass alone.
   *
   * @param millis of one image
   * @param perSecond images at the best batch size
   * @param batch that size
   */
  private record Bare(double millis, double perSecond, int batch) {
    static Bare measure(Path checkpoint) throws IOException, InterruptedException {
      String[] out =
          Children.runAsInference(BareForward.class, List.of(checkpoint.toString()))
              .strip()
              .split(" ");
      return new Bare(
          Double.parseDouble(out[0]), Double.parseDouble(out[1]), Integer.parseInt(out[2]));
    }
  }

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
    if (reference != null) {
      python(http, StackRun.newestCheckpoint(home), home);
    }
  }

  private Load.Result serving(StackRun stack) throws IOException, InterruptedException {
    Path checkpoint = StackRun.newestCheckpoint(stack.home());
    Load.Result one;
    Load.Result http;
    Bare before;
    try (SocketClients clients = stack.predicting(image)) {
      Load.run(CLIENTS, 0, WARM_UP_SECONDS, clients::start);
      // Before and behind each, for a shared machine grows slower and faster.
      before = Bare.measure(checkpoint);
      one = Load.run(1, 1, SECONDS, clients::start);
      http = Load.run(CLIENTS, 1, SECONDS, clients::start);
    }
    Bare between = Bare.measure(checkpoint);
    Load.Result grpc = grpc(stack.inferenceGrpcPort());
    Bare behind = Bare.measure(checkpoint);
    System.out.printf("  bare: %s; %s; %s%n", before, between, behind);
    System.out.printf("  HTTP: %s; %s%n  gRPC: %s%n", one, http, grpc);
    overBareMillis.add(one.p50() - (before.millis + between.millis) / 2);
    httpAgainstBare.add(http.perSecond() / ((before.perSecond + between.perSecond) / 2));
    grpcAgainstBare.add(grpc.perSecond() / ((between.perSecond + behind.perSecond) / 2));
    return http;
  }

  private Load.Result grpc(int port) throws IOException, InterruptedException {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().directExecutor().build();
    try {
      return Load.run(
          CLIENTS,
          WARM_UP_SECONDS,
          SECONDS,
          latencies -> GrpcClient.start(channel, image, latencies));
    } finally {
      channel.shutdownNow();
    }
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
