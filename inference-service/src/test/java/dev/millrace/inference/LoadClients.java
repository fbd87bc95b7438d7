package dev.millrace.inference;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.ServiceProcess;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that ask without a pause, half over HTTP and half over gRPC, each for one image. Every
 * answer's logits are compared with those that the checkpoint it names has, computed here.
 */
final class LoadClients implements AutoCloseable {
  /** Different images that are asked for. */
  static final int IMAGES = 8;

  private static final double TOLERANCE = 1e-3;

  private final ServiceProcess service;
  private final Map<String, float[][]> expected;
  private final ExecutorService threads;
  private final ManagedChannel channel;
  private final List<Future<?>> running = new ArrayList<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wrong = new AtomicInteger();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private volatile Queue<Double> latencies = new ConcurrentLinkedQueue<>();
  private volatile boolean stop;

  private LoadClients(ServiceProcess service, int clients, Map<String, float[][]> expected) {
    this.service = service;
    this.expected = expected;
    threads = Executors.newFixedThreadPool(clients);
    channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(service))
            .usePlaintext()
            .build();
  }

  /**
   * @param expected the logits of each image by checkpoint; may grow meanwhile
   */
  static LoadClients start(ServiceProcess service, int count, Map<String, float[][]> expected) {
    LoadClients clients = new LoadClients(service, count, expected);
    for (int i = 0; i < count; i++) {
      int image = i % IMAGES;
      clients.running.add(
          clients.threads.submit(
              i % 2 == 0 ? () -> clients.overHttp(image) : () -> clients.overGrpc(image)));
    }
    return clients;
  }

  /** The milliseconds of each answer since this was last called. */
  Queue<Double> takeLatencies() {
    Queue<Double> taken = latencies;
    latencies = new ConcurrentLinkedQueue<>();
    return taken;
  }

  /** The checkpoints that have answered. */
  Set<String> seen() {
    return seen;
  }

  /** What went wrong with a request, one each. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Answers that are not those of the checkpoint that they name. */
  int wrong() {
    return wrong.get();
  }

  /** Lets every client have its last answer. */
  void finish() throws Exception {
    stop = true;
    for (Future<?> client : running) {
      client.get();
    }
  }

  @Override
  public void close() {
    stop = true;
    channel.shutdownNow();
    threads.shutdownNow();
  }

  private void overHttp(int image) {
    HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
    HttpRequest request = httpRequest(Checkpoints.pixels(image));
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

  private HttpRequest httpRequest(byte[] pixels) {
    String json =
        "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[1,3,32,32],"
            + "\"parameters\":{\"binary_data_size\":3072}}],"
            + "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]}";
    byte[] head = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = ByteBuffer.allocate(head.length + pixels.length).put(head).put(pixels).array();
    return HttpRequest.newBuilder(
            URI.create(
                "http://localhost:%d/v2/models/tinyimagenet/infer".formatted(service.port())))
        .header("Inference-Header-Content-Length", Integer.toString(head.length))
        .POST(BodyPublishers.ofByteArray(body))
        .build();
  }

  private void overGrpc(int image) {
    GRPCInferenceServiceBlockingStub stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    ModelInferRequest request =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("images")
                    .setDatatype("UINT8")
                    .addAllShape(List.of(1L, 3L, 32L, 32L)))
            .addRawInputContents(ByteString.copyFrom(Checkpoints.pixels(image)))
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
