package dev.millrace.inference.oip.grpc;

import static dev.millrace.inference.oip.ImageTensor.require;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.InferParameter;
import dev.millrace.inference.grpc.InferTensorContents;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.grpc.ModelInferResponse.InferOutputTensor;
import dev.millrace.inference.oip.ImageTensor;
import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InferResponse;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.Output;
import dev.millrace.inference.oip.Parameters;
import dev.millrace.inference.serving.Images;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Converts protocol buffers to {@link InferRequest}s, and {@link InferResponse}s to protocol
 * buffers.
 */
public final class GrpcMessages {
  private GrpcMessages() {}

  /**
   * Converts a request.
   *
   * @throws InvalidRequestException if it is not a valid request for this model
   */
  public static InferRequest read(ModelInferRequest message, int maxImages) {
    require(
        message.getInputsCount() == 1,
        "there are %d inputs; the model has one, images",
        message.getInputsCount());
    boolean raw = message.getRawInputContentsCount() > 0;
    Images images = images(message, maxImages);
    List<RequestedOutput> outputs = new ArrayList<>();
    for (InferRequestedOutputTensor output : message.getOutputsList()) {
      Parameters.requireNoExtension(parameters(output.getParametersMap()));
      outputs.add(new RequestedOutput(Output.named(output.getName()), raw));
    }
    Parameters.requireDistinct(outputs);
    return new InferRequest(
        Optional.of(message.getId()).filter(id -> !id.isEmpty()),
        images,
        outputs.isEmpty() ? Output.all(raw) : List.copyOf(outputs),
        Parameters.timeout(parameters(message.getParametersMap())));
  }

  private static Images images(ModelInferRequest message, int maxImages) {
    InferInputTensor input = message.getInputs(0);
    Parameters.requireNoExtension(parameters(input.getParametersMap()));
    ImageTensor tensor =
        new ImageTensor(input.getName(), input.getDatatype(), input.getShapeList(), maxImages);
    int raws = message.getRawInputContentsCount();
    if (raws > 0) {
      require(raws == 1, "there are %d raw_input_contents for 1 input", raws);
      require(!input.hasContents(), "there are raw_input_contents, and the input has contents too");
      return tensor.ofRaw(message.getRawInputContents(0).asReadOnlyByteBuffer());
    }
    InferTensorContents contents = input.getContents();
    require(
        all(contents)
            == (tensor.isFloat()
                ? contents.getFp32ContentsCount()
                : contents.getUintContentsCount()),
        "input %s has other contents than %s, which its datatype %s requires",
        input.getName(),
        tensor.isFloat() ? "fp32_contents" : "uint_contents",
        input.getDatatype());
    return tensor.isFloat()
        ? tensor.ofValues(contents.getFp32ContentsCount(), contents::getFp32Contents)
        : tensor.ofValues(
            contents.getUintContentsCount(),
            i -> Integer.toUnsignedLong(contents.getUintContents(i)));
  }

  private static int all(InferTensorContents contents) {
    return contents.getBoolContentsCount()
        + contents.getIntContentsCount()
        + contents.getInt64ContentsCount()
        + contents.getUintContentsCount()
        + contents.getUint64ContentsCount()
        + contents.getFp32ContentsCount()
        + contents.getFp64ContentsCount()
        + contents.getBytesContentsCount();
  }

  private static Map<String, Object> parameters(Map<String, InferParameter> messages) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    messages.forEach(
        (name, value) -> {
          switch (value.getParameterChoiceCase()) {
            case BOOL_PARAM -> parameters.put(name, value.getBoolParam());
            case INT64_PARAM -> parameters.put(name, value.getInt64Param());
            case STRING_PARAM -> parameters.put(name, value.getStringParam());
            case DOUBLE_PARAM -> parameters.put(name, value.getDoubleParam());
            case UINT64_PARAM ->
                parameters.put(name, Long.toUnsignedString(value.getUint64Param()));
            case PARAMETERCHOICE_NOT_SET -> {} // ignored, like null in JSON
          }
        });
    return parameters;
  }

  /** Converts a response. It has raw contents if the request had. */
  public static ModelInferResponse write(InferResponse response) {
    ModelInferResponse.Builder message =
        ModelInferResponse.newBuilder()
            .setModelName(response.checkpoint().architecture())
            .setModelVersion(response.checkpoint().id());
    response.request().id().ifPresent(message::setId);
    response.parameters().forEach((name, value) -> message.putParameters(name, parameter(value)));
    for (RequestedOutput wanted : response.request().outputs()) {
      Output output = wanted.output();
      InferOutputTensor.Builder tensor =
          message
              .addOutputsBuilder()
              .setName(output.tensor())
              .setDatatype(output.datatype())
              .addAllShape(response.shape(output));
      if (wanted.binary()) {
        message.addRawOutputContents(ByteString.copyFrom(response.raw(wanted)));
      } else {
        tensor.setContents(contents(response, output));
      }
    }
    return message.build();
  }

  private static InferParameter parameter(Object value) {
    return value instanceof Long number
        ? InferParameter.newBuilder().setInt64Param(number).build()
        : InferParameter.newBuilder().setStringParam(value.toString()).build();
  }

  private static InferTensorContents contents(InferResponse response, Output output) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    if (output == Output.LABELS) {
      response.labels().stream().map(ByteString::copyFromUtf8).forEach(contents::addBytesContents);
    } else {
      contents.addAllFp32Contents(response.floats(output));
    }
    return contents.build();
  }
}
