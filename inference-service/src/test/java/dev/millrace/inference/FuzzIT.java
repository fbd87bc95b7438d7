package dev.millrace.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.InferTensorContents;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelReadyRequest;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.testing.TestImages;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
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
import org.junit.jupiter.api.Test;

/**
 * Damaged bodies and messages are the client's fault, and leave nothing behind. By default a short
 * form; the whole is
 *
 * <pre>
 * mvn -pl inference-service -am verify -Dtest=none -Dit.test=FuzzIT \\
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \\
 *     -Dmillrace.fuzz.requests=20000 -Dmillrace.fuzz.seed=1
 * </pre>
 */
class FuzzIT {
  private static final int THREADS = 4;
  private static final Set<Status.Code> SERVERS_FAULT =
      Set.of(
          Status.Code.INTERNAL,
          Status.Code.UNKNOWN,
          Status.Code.DATA_LOSS,
          Status.Code.UNAVAILABLE,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.ABORTED);

  /**
   * @param headers name and value in turn
   */
  private record HttpSeed(String path, byte[] body, String... headers) {}

  private record GrpcSeed(String method, byte[] message) {}

  private record Memory(long heap, long outside) {
    @Override
    public String toString() {
      return "%.1f MiB of heap in use, %.1f MiB outside the heap"
          .formatted(heap / 1048576.0, outside / 1048576.0);
    }
  }

  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();
  private final List<HttpSeed> httpSeeds = httpSeeds();
  private final List<GrpcSeed> grpcSeeds = grpcSeeds();

  @Test
  void noDamagedRequestIsTheServersFaultAndMemoryStaysFlat() throws Exception {
    int requests = Integer.getInteger("millrace.fuzz.requests", 2_000);
    long seed = Long.getLong("millrace.fuzz.seed", 1);
    try (ServedCheckpoint served = ServedCheckpoint.start("FuzzIT")) {
      ServiceProcess service = served.service();
      ManagedChannel channel =
          ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(service))
              .usePlaintext()
              .build();
      fuzz(service, channel, seed, requests / 2);
      Memory half = memory(service);
      fuzz(service, channel, seed + 1_000, requests - requests / 2);
      Memory end = memory(service);
      channel.shutdownNow();

      System.out.printf(
          "%d damaged requests with seed %d: %s%nafter half of them %s%nafter all %s%n",
          requests, seed, new TreeMap<>(answers), half, end);
      assertThat(faults).isEmpty();
      assertThat(end.heap - half.heap).isLessThan(8L << 20);
      assertThat(end.outside - half.outside).isLessThan(32L << 20);
      assertThat(answers.keySet()).contains("HTTP 200", "HTTP 400", "gRPC INVALID_ARGUMENT");
      assertThat(service.log()).doesNotContain("a request failed", "a call failed");
      byte[] pixels = served.pixels(1);
      assertThat(service.post("/v1/predict", "application/octet-stream", pixels).statusCode())
          .isEqualTo(200);
    }
  }

  private void fuzz(ServiceProcess service, ManagedChannel channel, long seed, int requests)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Mutator mutator = new Mutator(seed + i);
        int mine = requests / THREADS;
        running.add(
            threads.submit(
                () -> {
                  for (int sent = 0; sent < mine; sent++) {
                    if (sent % 2 == 0) {
                      overHttp(service, mutator);
                    } else {
                      overGrpc(channel, mutator);
                    }
                  }
                }));
      }
      for (Future<?> thread : running) {
        thread.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void overHttp(ServiceProcess service, Mutator mutator) {
    HttpSeed seed = mutator.oneOf(httpSeeds);
    byte[] body = mutator.damage(seed.body);
    try {
      HttpResponse<byte[]> response = service.send("POST", seed.path, body, seed.headers);
      count("HTTP " + response.statusCode());
      if (response.statusCode() >= 500) {
        faults.add(seed.path + ": " + new String(response.body(), UTF_8));
      }
    } catch (Exception e) {
      // A connection that breaks is no answer.
      faults.add(seed.path + ": " + e);
    }
  }

  private void overGrpc(ManagedChannel channel, Mutator mutator) {
    GrpcSeed seed = mutator.oneOf(grpcSeeds);
    Status status = GrpcBytes.call(channel, seed.method, mutator.damage(seed.message));
    count("gRPC " + status.getCode());
    if (SERVERS_FAULT.contains(status.getCode())) {
      faults.add(seed.method + ": " + status);
    }
  }

  private void count(String answer) {
    answers.computeIfAbsent(answer, key -> new AtomicInteger()).incrementAndGet();
  }

  private static Memory memory(ServiceProcess service) throws Exception {
    InferenceProcess.collectGarbage(service);
    String metrics = service.get("/q/metrics").body();
    long committed = heap(metrics, "jvm_memory_committed_bytes");
    return new Memory(
        heap(metrics, "jvm_memory_used_bytes"),
        InferenceProcess.residentBytes(service) - committed);
  }

  private static long heap(String metrics, String name) {
    return (long)
        metrics
            .lines()
            .filter(line -> line.startsWith(name + "{") && line.contains("area=\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
  }

  private static List<HttpSeed> httpSeeds() {
    String infer = "/v2/models/tinyimagenet/infer";
    byte[] pixels = Checkpoints.pixels(1);
    String json = OipRestIT.request(pixels).put("id", "7").toString();
    String head =
        "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[1,3,32,32],"
            + "\"parameters\":{\"binary_data_size\":3072}}],\"outputs\":[{\"name\":\"labels\"}]}";
    ByteArrayOutputStream binary = new ByteArrayOutputStream();
    binary.writeBytes(head.getBytes(UTF_8));
    binary.writeBytes(pixels);
    String length = Integer.toString(head.length());
    String type = "Content-Type";
    return List.of(
        new HttpSeed("/v1/predict", TestImages.png(40, 30), type, "image/png"),
        new HttpSeed("/v1/predict", TestImages.jpeg(40, 30), type, "image/jpeg"),
        new HttpSeed("/v1/predict?top=3", pixels, type, "application/octet-stream"),
        new HttpSeed(
            "/v1/predict",
            TestImages.form("XX", "image", "x.png", "image/png", TestImages.png(32, 32)),
            type,
            "multipart/form-data; boundary=XX"),
        new HttpSeed(infer, json.getBytes(UTF_8), type, "application/json"),
        new HttpSeed(infer, head.getBytes(UTF_8), type, "application/json"),
        new HttpSeed(infer, binary.toByteArray(), "Inference-Header-Content-Length", length));
  }

  private static List<GrpcSeed> grpcSeeds() {
    byte[] pixels = Checkpoints.pixels(1);
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder()
            .setName("images")
            .setDatatype("UINT8")
            .addAllShape(List.of(1L, 3L, 32L, 32L));
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (byte pixel : pixels) {
      contents.addUintContents(pixel & 255);
    }
    ModelInferRequest raw =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .setId("7")
            .addInputs(input)
            .addRawInputContents(ByteString.copyFrom(pixels))
            .build();
    ModelInferRequest typed =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .addInputs(input.setContents(contents))
            .build();
    ModelInferRequest small =
        typed.toBuilder().clearInputs().addInputs(input.clearContents()).build();
    byte[] ready = ModelReadyRequest.newBuilder().setName("tinyimagenet").build().toByteArray();
    return List.of(
        new GrpcSeed("ModelInfer", raw.toByteArray()),
        new GrpcSeed("ModelInfer", typed.toByteArray()),
        new GrpcSeed("ModelInfer", small.toByteArray()),
        new GrpcSeed("ModelReady", ready),
        new GrpcSeed("ModelMetadata", ready),
        new GrpcSeed("ServerMetadata", new byte[0]));
  }
}
