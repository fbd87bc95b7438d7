package dev.millrace.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests the clients with gRPC's own server. */
class GrpcClientsTest {
  private static final ModelInferRequest QUESTION =
      ModelInferRequest.newBuilder()
          .addRawInputContents(ByteString.copyFrom(new byte[3072]))
          .build();

  /** Enough time for a busy machine to load a server's classes and to respond. */
  private static final double SECONDS = 2;

  private final AtomicInteger asked = new AtomicInteger();
  private Server server;

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private GrpcClients clients(IntPredicate answered) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase() {
                  @Override
                  public void modelInfer(
                      ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
                    assertThat(request).isEqualTo(QUESTION);
                    if (answered.test(asked.incrementAndGet())) {
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
    return new GrpcClients(
        server.getPort(), "/inference.GRPCInferenceService/ModelInfer", QUESTION.toByteArray());
  }

  /** The clients' requests exceed the server's flow-control window. */
  @Test
  void everyAnswerIsCountedOnce() throws Exception {
    Load.Result result;
    try (GrpcClients clients = clients(n -> true)) {
      result = Load.run(64, 0, SECONDS, clients::start);
    }

    assertThat(result.perSecond() * SECONDS).isBetween(1.0, (double) asked.get());
    // Responses after the end are not counted: at most one per client.
    assertThat(asked.get() - result.perSecond() * SECONDS).isBetween(-0.1, 64.1);
  }

  @Test
  void aCallThatFailsFailsTheMeasurement() throws Exception {
    try (GrpcClients clients = clients(n -> n < 10)) {
      assertThatThrownBy(() -> Load.run(2, 0, 30, clients::start))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("without an answer");
    }
  }

  @Test
  void aServerThatGoesAwayFailsTheMeasurement() throws Exception {
    try (GrpcClients clients = clients(n -> n < 10 || server.shutdownNow() == null)) {
      assertThatThrownBy(() -> Load.run(2, 0, 30, clients::start)).isInstanceOf(IOException.class);
    }
  }
}
