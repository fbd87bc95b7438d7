package dev.millrace.inference;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.serving.Checkpoints;
import dev.millrace.model.Checkpoint;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that ask without a pause, half over HTTP and half over gRPC, by turns in peace and while
 * checkpoints take over from each other, so that what else the machine does meets both alike. Every
 * answer's logits are compared with those that the checkpoint it names has, computed here.
 */
final class ReloadLoad {
  static final int CHECKPOINTS = 4;
  private static final String TOKEN = "the-admin-token-of-the-load-test";
  private static final int IMAGES = 8;

  /** Reloads, or as much time without them, in a row. */
  private static final int TURN = 10;

  private static final double TOLERANCE = 1e-3;

  /** Latencies in milliseconds of one phase. */
  record Latency(int requests, double p50, double p99) {
    private static Latency of(Queue<Double> millis) {
      double[] sorted = millis.stream().mapToDouble(m -> m).sorted().toArray();
      return new Latency(sorted.length, at(sorted, .5), at(sorted, .99));
    }

    private static double at(double[] sorted, double quantile) {
      return sorted[(int) Math.min(sorted.length - 1, quantile * sorted.length)];
    }
  }

  /**
   * @param checkpoints how many of them answered
   */
  record Result(
      int clients,
      int reloads,
      Latency peace,
      Latency reloading,
      List<String> failures,
      int wrong,
      int checkpoints) {
    @Override
    public String toString() {
      return """
          %d clients, %d reloads on %d processors
          without reloads: %d requests, p50 %.1f ms, p99 %.1f ms
          with reloads:    %d requests, p50 %.1f ms, p99 %.1f ms (%.2f times)
          failures: %d, answers of another checkpoint than they name: %d"""
          .formatted(
              clients,
              reloads,
              Runtime.getRuntime().availableProcessors(),
              peace.requests,
              peace.p50,
              peace.p99,
              reloading.requests,
              reloading.p50,
              reloading.p99,
              reloading.p99 / peace.p99,
              failures.size(),
              wrong);
    }
  }

  private final ServiceProcess service;
  private final Map<String, float[][]> expected = new TreeMap<>();
  private final byte[][] images = new byte[IMAGES][];
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wrong = new AtomicInteger();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private volatile Queue<Double> latencies = new ConcurrentLinkedQueue<>();
  private volatile boolean stop;

  private ReloadLoad(ServiceProcess service, List<Checkpoint> checkpoints) {
    this.service = service;
    for (int i = 0; i < IMAGES; i++) {
      images[i] = Checkpoints.pixels(i);
    }
    for (Checkpoint checkpoint : checkpoints) {
      float[][] logits = new float[IMAGES][];
      for (int i = 0; i < IMAGES; i++) {
        logits[i] = Checkpoints.logits(checkpoint, images[i])[0];
      }
      expected.put(checkpoint.manifest().id(), logits);
    }
  }

  static Result run(Path home, int clients, int reloads) throws Exception {
    try (S3Server s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0)) {
      List<Checkpoint> checkpoints = new ArrayList<>();
      for (int i = 1; i <= CHECKPOINTS; i++) {
        checkpoints.add(Checkpoints.saveBest(s3.store(), "run", i, 10L * i));
      }
      Map<String, String> settings = ServiceProcess.settings(s3.endpoint(), "localhost:1");
      settings.put("MILLRACE_INFERENCE_ADMIN_TOKEN", TOKEN);
      try (ServiceProcess service =
          ServiceProcess.launch(Path.of("target", "ReloadLoadIT.log"), settings)) {
        service.awaitStatus("/q/health/ready", 200);
        return new ReloadLoad(service, checkpoints).run(clients, reloads);
      }
    }
  }

  private Result run(int clients, int reloads) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", service.grpcPort()).usePlaintext().build();
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int image = i % IMAGES;
        var stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
        running.add(
            threads.submit(i % 2 == 0 ? () -> overHttp(image) : () -> overGrpc(stub, image)));
      }
      phase(0, Math.min(reloads, 25), false); // the JIT's
      Queue<Double> peace = new ConcurrentLinkedQueue<>();
      Queue<Double> reloading = new ConcurrentLinkedQueue<>();
      for (int done = 0; done < reloads; done += TURN) {
        int end = Math.min(reloads, done + TURN);
        peace.addAll(phase(done, end, false));
        reloading.addAll(phase(done, end, true));
      }
      stop = true;
      for (Future<?> client : running) {
        client.get();
      }
      return new Result(
          clients,
          reloads,
          Latency.of(peace),
          Latency.of(reloading),
          List.copyOf(failures),
          wrong.get(),
          seen.size());
    } finally {
      stop = true;
      channel.shutdownNow();
      threads.shutdownNow();
    }
  }

  /** As long as so many reloads take, with or without them. */
  private Queue<Double> phase(int begin, int end, boolean reloading) throws Exception {
    latencies = new ConcurrentLinkedQueue<>();
    Queue<Double> mine = latencies;
    List<String> ids = List.copyOf(expected.keySet());
    for (int i = begin; i < end; i++) {
      long started = System.nanoTime();
      if (reloading) {
        promote(ids.get(i % ids.size()));
      }
      // At most five reloads a second; a pace, not a wait for something.
      long left = 200_000_000 - (System.nanoTime() - started);
      if (left > 0) {
        Thread.sleep(left / 1_000_000);
      }
    }
    latencies = new ConcurrentLinkedQueue<>();
    return mine;
  }

  private void promote(String checkpoint) throws Exception {
    HttpResponse<String> response =
        service.postAuthorized(
            "/v1/checkpoints/%s/promote".formatted(checkpoint),
            "application/octet-stream",
            new byte[0],
            "Bearer " + TOKEN);
    if (response.statusCode() != 200) {
      failures.add("promote: " + response.body());
    }
  }

  private void overHttp(int image) {
    HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
    String json =
        "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[1,3,32,32],"
            + "\"parameters\":{\"binary_data_size\":3072}}],"
            + "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]}";
    byte[] head = json.getBytes(StandardCharsets.UTF_8);
    byte[] body =
        ByteBuffer.allocate(head.length + images[image].length)
            .put(head)
            .put(images[image])
            .array();
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://localhost:%d/v2/models/tinyimagenet/infer".formatted(service.port())))
            .header("Inference-Header-Content-Length", Integer.toString(head.length))
            .POST(BodyPublishers.ofByteArray(body))
            .build();
    while (!stop) {
      Queue<Double> mine = latencies;
      long begin = System.nanoTime();
      try {
        HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
        mine.add((System.nanoTime() - begin) / 1e6);
        String text = new String(response.body(), StandardCharsets.ISO_8859_1);
        if (response.statusCode() != 200) {
          failures.add("HTTP %d: %s".formatted(response.statusCode(), text));
          continue;
        }
        String version = text.split("\"model_version\":\"", 2)[1].split("\"", 2)[0];
        compare(version, image, ByteBuffer.wrap(response.body(), response.body().length - 40, 40));
      } catch (Exception e) {
        // Whatever it is, it is a request that failed.
        failures.add("HTTP: " + e);
      }
    }
  }

  private void overGrpc(GRPCInferenceServiceBlockingStub stub, int image) {
    ModelInferRequest request =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("images")
                    .setDatatype("UINT8")
                    .addAllShape(List.of(1L, 3L, 32L, 32L)))
            .addRawInputContents(ByteString.copyFrom(images[image]))
            .build();
    while (!stop) {
      Queue<Double> mine = latencies;
      long begin = System.nanoTime();
      try {
        ModelInferResponse response = stub.modelInfer(request);
        mine.add((System.nanoTime() - begin) / 1e6);
        compare(
            response.getModelVersion(),
            image,
            response.getRawOutputContents(0).asReadOnlyByteBuffer());
      } catch (RuntimeException e) {
        // Whatever it is, it is a call that failed.
        failures.add("gRPC: " + e);
      }
    }
  }

  private void compare(String checkpoint, int image, ByteBuffer tensor) {
    seen.add(checkpoint);
    ByteBuffer logits = tensor.order(ByteOrder.LITTLE_ENDIAN);
    for (float wanted : expected.get(checkpoint)[image]) {
      if (Math.abs(logits.getFloat() - wanted) > TOLERANCE * Math.max(1, Math.abs(wanted))) {
        wrong.incrementAndGet();
        return;
      }
    }
  }
}
