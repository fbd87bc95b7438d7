package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.InferParameter;
import dev.millrace.inference.grpc.InferTensorContents;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.grpc.ModelMetadataRequest;
import dev.millrace.inference.grpc.ModelMetadataResponse;
import dev.millrace.inference.grpc.ModelReadyRequest;
import dev.millrace.inference.grpc.ServerLiveRequest;
import dev.millrace.inference.grpc.ServerMetadataRequest;
import dev.millrace.inference.grpc.ServerMetadataResponse;
import dev.millrace.inference.grpc.ServerReadyRequest;
import dev.millrace.inference.oip.Extensions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every method and field of the Open Inference Protocol over gRPC. */
class OipGrpcIT {
  private static final String MODEL = "tinyimagenet";
  private static final String VERSION = "epoch-0000000002-step-0000000782";

  private static ServedCheckpoint served;
  private static ManagedChannel channel;
  private static GRPCInferenceServiceBlockingStub client;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.shared();
    channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(served.service()))
            .usePlaintext()
            .build();
    client = GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  @AfterAll
  static void stop() throws Exception {
    channel.shutdownNow();
  }

  @Test
  void theServerSaysWhatItIs() {
    assertThat(client.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(client.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    ServerMetadataResponse server =
        client.serverMetadata(ServerMetadataRequest.getDefaultInstance());
    assertThat(server.getName()).isEqualTo("millrace");
    assertThat(server.getVersion()).isNotEmpty();
    assertThat(server.getExtensionsList()).containsExactlyElementsOf(Extensions.NAMES);
  }

  @Test
  void theModelSaysWhatItTakesAndAnswersWithAndWithoutAVersion() {
    for (String version : List.of("", VERSION)) {
      ModelMetadataResponse model =
          client.modelMetadata(
              ModelMetadataRequest.newBuilder().setName(MODEL).setVersion(version).build());
      assertThat(model.getName()).isEqualTo(MODEL);
      assertThat(model.getPlatform()).isEqualTo("pytorch_safetensors");
      assertThat(model.getVersionsList()).containsExactly(VERSION);
      assertThat(model.getInputsList()).hasSize(1);
      assertThat(model.getInputs(0).getName()).isEqualTo("images");
      assertThat(model.getInputs(0).getDatatype()).isEqualTo("UINT8");
      assertThat(model.getInputs(0).getShapeList()).containsExactly(-1L, 3L, 32L, 32L);
      assertThat(model.getOutputsList())
          .extracting(output -> output.getName() + " " + output.getDatatype())
          .containsExactly("logits FP32", "probabilities FP32", "labels BYTES");
      assertThat(model.getOutputs(0).getShapeList()).containsExactly(-1L, 10L);
      assertThat(model.getOutputs(2).getShapeList()).containsExactly(-1L);
      assertThat(
              client
                  .modelReady(
                      ModelReadyRequest.newBuilder().setName(MODEL).setVersion(version).build())
                  .getReady())
          .isTrue();
    }
  }

  @Test
  void typedContentsAreAnsweredWithTypedContents() {
    byte[] pixels = served.pixels(2);
    InferTensorContents.Builder bytes = InferTensorContents.newBuilder();
    InferTensorContents.Builder floats = InferTensorContents.newBuilder();
    for (byte pixel : pixels) {
      bytes.addUintContents(pixel & 255);
      floats.addFp32Contents(pixel & 255);
    }
    for (InferInputTensor input :
        List.of(
            input(2).setContents(bytes).build(),
            input(2).setDatatype("FP32").setContents(floats).build())) {
      ModelInferResponse answer =
          client.modelInfer(
              ModelInferRequest.newBuilder()
                  .setModelName(MODEL)
                  .setModelVersion(VERSION)
                  .setId("42")
                  .addInputs(input)
                  .build());

      assertThat(answer.getModelName()).isEqualTo(MODEL);
      assertThat(answer.getModelVersion()).isEqualTo(VERSION);
      assertThat(answer.getId()).isEqualTo("42");
      assertThat(answer.getParametersOrThrow("run").getStringParam()).isEqualTo("run-1");
      assertThat(answer.getParametersOrThrow("checkpoint").getStringParam()).isEqualTo(VERSION);
      assertThat(answer.getParametersOrThrow("epoch").getInt64Param()).isEqualTo(2);
      assertThat(answer.getParametersOrThrow("step").getInt64Param()).isEqualTo(782);
      assertThat(answer.getParametersOrThrow("trained_through.0").getInt64Param()).isEqualTo(784);
      assertThat(answer.getRawOutputContentsList()).isEmpty();
      assertThat(answer.getOutputsList())
          .extracting(ModelInferResponse.InferOutputTensor::getName)
          .containsExactly("logits", "probabilities", "labels");
      assertThat(answer.getOutputs(0).getShapeList()).containsExactly(2L, 10L);
      assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("FP32");
      served.assertLogits(
          pixels,
          answer.getOutputs(0).getContents().getFp32ContentsList().stream()
              .map(Float::doubleValue)
              .toList());
      assertThat(answer.getOutputs(1).getContents().getFp32ContentsList()).hasSize(20);
      assertThat(answer.getOutputs(2).getContents().getBytesContentsList())
          .extracting(ByteString::toStringUtf8)
          .isEqualTo(served.labels(pixels));
    }
  }

  @Test
  void rawContentsAreAnsweredWithRawContents() {
    byte[] pixels = served.pixels(3);
    ModelInferResponse answer =
        client.modelInfer(
            raw(3, pixels)
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("logits"))
                .build());

    assertThat(answer.getId()).isEmpty();
    assertThat(answer.getOutputsList()).hasSize(1);
    assertThat(answer.getOutputs(0).hasContents()).isFalse();
    assertThat(answer.getRawOutputContentsList()).hasSize(1);
    ByteBuffer tensor =
        answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    List<Double> logits = new ArrayList<>();
    while (tensor.hasRemaining()) {
      logits.add((double) tensor.getFloat());
    }
    served.assertLogits(pixels, logits);
  }

  @Test
  void aParameterWithoutAValueIsAsGoodAsAbsent() {
    byte[] pixels = served.pixels(1);
    ModelInferResponse expected = client.modelInfer(raw(1, pixels).build());
    ModelInferRequest.Builder request =
        raw(1, pixels).putParameters("timeout", InferParameter.getDefaultInstance());
    assertThat(client.modelInfer(request.build())).isEqualTo(expected);
  }

  @Test
  void whatIsWrongIsTheClientsFault() {
    byte[] pixels = served.pixels(1);
    assertStatus(raw(1, pixels).setModelName("resnet"), Status.Code.NOT_FOUND, "resnet");
    assertStatus(raw(1, pixels).setModelVersion("7"), Status.Code.NOT_FOUND, "checkpoint 7");
    assertInvalid(raw(1, pixels).clearInputs(), "0 inputs");
    assertInvalid(raw(1, pixels).addInputs(input(1)), "2 inputs");
    assertInvalid(raw(1, new byte[3071]), "3071 bytes");
    assertInvalid(raw(1, pixels).addRawInputContents(ByteString.EMPTY), "2 raw_input_contents");
    assertInvalid(raw(2, pixels), "need 6144");
    assertInvalid(raw(65, pixels), "at most 64");
    assertInvalid(raw(Long.MAX_VALUE, pixels), "at most 64");
    assertInvalid(raw(0, pixels), "must be [N, 3, 32, 32]");
    assertInvalid(input(raw(1, pixels), i -> i.setName("pixels")), "'pixels'");
    assertInvalid(input(raw(1, pixels), i -> i.setDatatype("INT8")), "'INT8'");
    assertInvalid(input(raw(1, pixels), i -> i.clearShape()), "[]");
    assertInvalid(
        input(raw(1, pixels), i -> i.setContents(InferTensorContents.getDefaultInstance())),
        "contents too");
    assertInvalid(raw(1, pixels).clearRawInputContents(), "0 elements");
    assertInvalid(
        input(
            raw(1, pixels).clearRawInputContents(),
            i -> i.setContents(InferTensorContents.newBuilder().addIntContents(1))),
        "uint_contents");
    InferTensorContents.Builder large = InferTensorContents.newBuilder();
    for (int i = 0; i < 3072; i++) {
      large.addUintContents(-1);
    }
    assertInvalid(
        input(raw(1, pixels).clearRawInputContents(), i -> i.setContents(large)),
        "4.294967295E9 at 0");
    assertInvalid(
        input(
            raw(1, pixels).clearRawInputContents(),
            i -> i.setDatatype("FP32").setContents(large.addFp32Contents(1))),
        "fp32_contents");
    byte[] nan = new byte[12288];
    nan[2] = (byte) 0xc0;
    nan[3] = 0x7f;
    assertInvalid(input(raw(1, nan), i -> i.setDatatype("FP32")), "NaN at 0");
    assertInvalid(
        raw(1, pixels).addOutputs(InferRequestedOutputTensor.newBuilder().setName("x")), "'x'");
    assertInvalid(
        raw(1, pixels)
            .putParameters("timeout", InferParameter.newBuilder().setInt64Param(-1).build()),
        "-1 microseconds");
    assertThatThrownBy(
            () -> client.modelMetadata(ModelMetadataRequest.newBuilder().setName("x").build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    assertThatThrownBy(() -> client.modelReady(ModelReadyRequest.newBuilder().setName("x").build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
  }

  @Test
  void bytesThatAreNoMessageAreTheClientsFault() {
    for (String method : List.of("ModelInfer", "ModelReady", "ServerLive")) {
      Status status = GrpcBytes.call(channel, method, new byte[] {(byte) 0xff, 1, 2});
      assertThat(status.getCode()).as(status.toString()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).contains(method + "Request");
    }
    assertThat(GrpcBytes.call(channel, "ModelLoad", new byte[0]).getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void theLimitHoldsForAnInflatedMessage() {
    assertThat(client.withCompression("gzip").modelInfer(raw(1, served.pixels(1)).build()).getId())
        .isEmpty();
    assertThatThrownBy(
            () -> client.withCompression("gzip").modelInfer(raw(1, new byte[100_000_000]).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e ->
                assertThat(e.getStatus().getCode())
                    .as(e.getMessage())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
  }

  @Test
  void aDeadlineThatPassedIsSaid() {
    assertThatThrownBy(
            () ->
                client
                    .withDeadlineAfter(1, TimeUnit.MICROSECONDS)
                    .modelInfer(raw(1, served.pixels(1)).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
  }

  private interface Change {
    InferInputTensor.Builder on(InferInputTensor.Builder input);
  }

  private static ModelInferRequest.Builder input(ModelInferRequest.Builder request, Change change) {
    return request.setInputs(0, change.on(request.getInputs(0).toBuilder()));
  }

  private static InferInputTensor.Builder input(long images) {
    return InferInputTensor.newBuilder()
        .setName("images")
        .setDatatype("UINT8")
        .addAllShape(List.of(images, 3L, 32L, 32L));
  }

  private static ModelInferRequest.Builder raw(long images, byte[] pixels) {
    return ModelInferRequest.newBuilder()
        .setModelName(MODEL)
        .addInputs(input(images))
        .addRawInputContents(ByteString.copyFrom(pixels));
  }

  private static void assertInvalid(ModelInferRequest.Builder request, String says) {
    assertStatus(request, Status.Code.INVALID_ARGUMENT, says);
  }

  private static void assertStatus(
      ModelInferRequest.Builder request, Status.Code code, String says) {
    assertThatThrownBy(() -> client.modelInfer(request.build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContaining(says);
  }
}
