package dev.millrace.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the load generator with the JDK's HTTP server and with gRPC's own server. */
class H2LoadIT {
  private static final byte[] IMAGE = "an image".getBytes(StandardCharsets.UTF_8);
  private static final byte[] LABEL = "cat".getBytes(StandardCharsets.UTF_8);
  private static final ModelInferRequest CALL =
      ModelInferRequest.newBuilder()
          .addRawInputContents(ByteString.copyFrom(new byte[3072]))
          .build();
  private static final double SECONDS = 1;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer http;
  private Server grpc;

  @BeforeEach
  void requireH2load() throws InterruptedException {
    assumeTrue(H2Load.missing() == null, H2Load.missing());
  }

  @AfterEach
  void stop() {
    if (http != null) {
      http.stop(0);
    }
    if (grpc != null) {
      grpc.shutdownNow();
    }
    threads.shutdownNow();
  }

  @Test
  void everyHttpResponseIsCountedOnce() throws Exception {
    try (H2Load load = httpLoad(n -> true)) {
      assertResult(load.run(4, 0, SECONDS), 4);
    }
  }

  @Test
  void aFailedHttpRequestFailsTheMeasurement() throws Exception {
    try (H2Load load = httpLoad(n -> n != 10)) {
      assertThatThrownBy(() -> load.run(2, 0, SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("1 of ")
          .hasMessageContaining("1 5xx");
    }
  }

  /** The requests exceed the server's flow-control window. */
  @Test
  void everyGrpcResponseIsCountedOnce() throws Exception {
    try (H2Load load = grpcLoad(n -> true)) {
      load.once(); // loads the server's classes
      requests.set(0);
      assertResult(load.run(64, 0, SECONDS), 64);
    }
  }

  @Test
  void failedGrpcCallsFailTheMeasurement() throws Exception {
    try (H2Load load = grpcLoad(n -> n < 10)) {
      assertThatThrownBy(() -> load.run(2, 0, SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("requests failed");
    }
  }

  @Test
  void aFirstGrpcCallThatFailsFailsTheMeasurement() throws Exception {
    try (H2Load load = grpcLoad(n -> false)) {
      assertThatThrownBy(() -> load.run(2, 0, SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the request failed");
    }
  }

  @Test
  void aServerThatEndsFailsTheMeasurement() throws Exception {
    try (H2Load load = grpcLoad(n -> n < 10 || grpc.shutdownNow() == null)) {
      load.once();
      assertThatThrownBy(() -> load.run(2, 0, SECONDS)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aServerThatDoesNotRunFailsTheMeasurement() throws Exception {
    try (H2Load load = httpLoad(n -> true)) {
      http.stop(0);
      assertThatThrownBy(() -> load.run(2, 0, SECONDS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no response");
      assertThatThrownBy(load::once)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the request failed");
    }
  }

  private void assertResult(LoadResult result, int clients) {
    assertThat(result.clients()).isEqualTo(clients);
    assertThat(result.perSecond() * SECONDS).isBetween(1.0, (double) requests.get());
    assertThat(result.p50()).isPositive().isLessThanOrEqualTo(result.p99());
  }

  private H2Load httpLoad(IntPredicate succeeds) throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    http.setExecutor(threads);
    http.createContext(
        "/label",
        exchange -> {
          assertThat(exchange.getRequestBody().readAllBytes()).isEqualTo(IMAGE);
          int status = succeeds.test(requests.incrementAndGet()) ? 200 : 503;
          exchange.sendResponseHeaders(status, LABEL.length);
          exchange.getResponseBody().write(LABEL);
          exchange.close();
        });
    http.start();
    return H2Load.http(http.getAddress().getPort(), "/label", "text/plain", IMAGE);
  }

  private H2Load grpcLoad(IntPredicate succeeds) throws IOException {
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase() {
                  @Override
                  public void modelInfer(
                      ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
                    assertThat(request).isEqualTo(CALL);
                    if (succeeds.test(requests.incrementAndGet())) {
                      observer.onNext(
                          ModelInferResponse.newBuilder().setModelName("a cat").build());
                      observer.onCompleted();
                    } else {
                      observer.onError(Status.UNAVAILABLE.asException());
                    }
                  }
                })
            .build()
            .start();
    return H2Load.grpc(
        grpc.getPort(), "/inference.GRPCInferenceService/ModelInfer", CALL.toByteArray());
  }
}
