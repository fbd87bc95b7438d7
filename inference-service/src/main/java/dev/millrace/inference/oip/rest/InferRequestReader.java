package dev.millrace.inference.oip.rest;

import static dev.millrace.inference.oip.ImageTensor.require;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.millrace.inference.oip.BinaryTensors;
import dev.millrace.inference.oip.ImageTensor;
import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.Output;
import dev.millrace.inference.oip.Parameters;
import dev.millrace.inference.oip.rest.InferRequestJson.Input;
import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Reads REST requests: JSON, optionally followed by the bytes of their tensors. Thread-safe. */
public final class InferRequestReader {
  /** Tokens of a request beside its numbers, and their nested arrays; a valid one has far fewer. */
  private static final int OTHER_TOKENS = 10_000;

  private final int maxImages;
  private final JsonFactory factory;
  private final ObjectReader json;

  /**
   * Creates a reader.
   *
   * @param maxImages the most images in a request
   */
  public InferRequestReader(int maxImages) {
    this.maxImages = maxImages;
    long numbers = (long) maxImages * Minibatch.IMAGE_BYTES;
    // Bounds the memory for lists that should be short, such as inputs.
    StreamReadConstraints constraints =
        StreamReadConstraints.builder().maxTokenCount(2 * numbers + OTHER_TOKENS).build();
    JsonMapper.Builder mapper =
        JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .withCoercionConfig(
                LogicalType.Textual,
                text -> {
                  for (CoercionInputShape other :
                      List.of(
                          CoercionInputShape.Integer,
                          CoercionInputShape.Float,
                          CoercionInputShape.Boolean)) {
                    text.setCoercion(other, CoercionAction.Fail);
                  }
                });
    factory =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(constraints)
            .build();
    json = mapper.build().readerFor(InferRequestJson.class);
  }

  /**
   * Reads a request.
   *
   * @param jsonLength the header {@code Inference-Header-Content-Length}; null if there is none;
   *     then the whole body is JSON
   * @throws InvalidRequestException if it is not a valid request for this model
   */
  public InferRequest read(byte[] body, String jsonLength) {
    int length = jsonLength == null ? body.length : length(jsonLength, body.length);
    InferRequestJson request = parse(body, length);
    return request(request, ByteBuffer.wrap(body, length, body.length - length).slice());
  }

  private static int length(String header, int bytes) {
    try {
      int length = Integer.parseInt(header.strip());
      if (length >= 1 && length <= bytes) {
        return length;
      }
    } catch (NumberFormatException e) {
      throw new InvalidRequestException(wrongLength(header, bytes), e);
    }
    throw new InvalidRequestException(wrongLength(header, bytes));
  }

  private static String wrongLength(String header, int bytes) {
    return "%s is '%s'; it must be the JSON's length, from 1 to the body's %d bytes"
        .formatted(BinaryTensors.HEADER, header, bytes);
  }

  private InferRequestJson parse(byte[] body, int length) {
    try (JsonParser parser = factory.createParser(body, 0, length)) {
      InferRequestJson request =
          json.withAttribute(JsonTensorData.MAX_IMAGES, maxImages).readValue(parser);
      require(request != null, "the body must be a JSON object");
      require(parser.nextToken() == null, "there is something behind the JSON object");
      return request;
    } catch (MismatchedInputException e) {
      throw new InvalidRequestException(mismatch(e), e);
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof InvalidRequestException own) {
        throw own;
      }
      // The rest of Jackson's message is for developers, not for clients.
      String why = e.getOriginalMessage().split(": enable `", 2)[0];
      throw new InvalidRequestException("the body is not JSON: " + why, e);
    } catch (IOException e) {
      throw new InvalidRequestException("the body is not JSON: " + e.getMessage(), e);
    }
  }

  /** Says what a member must be, without the names of Java classes. */
  private static String mismatch(MismatchedInputException e) {
    List<String> members =
        e.getPath().stream().map(Reference::getFieldName).filter(Objects::nonNull).toList();
    if (members.isEmpty()) {
      return "the body must be a JSON object";
    }
    String member = members.get(members.size() - 1);
    if (e.getTargetType() == String.class) {
      return member + " must be a string";
    }
    if (Collection.class.isAssignableFrom(e.getTargetType())) {
      return member + " must be an array";
    }
    return Map.class.isAssignableFrom(e.getTargetType())
        ? member + " must be an object"
        : member + " must have nothing but objects";
  }

  private InferRequest request(InferRequestJson request, ByteBuffer behind) {
    List<RequestedOutput> wanted = outputs(request);
    require(request.inputs() != null, "the request has no inputs");
    require(!request.inputs().isEmpty(), "inputs is empty; the model has one input, images");
    require(
        request.inputs().size() == 1, "there is more than one input; the model has one, images");
    require(request.inputs().get(0) != null, "inputs must have nothing but objects");
    return new InferRequest(
        Optional.ofNullable(request.id()),
        images(request.inputs().get(0), behind),
        wanted,
        Parameters.timeout(request.parameters()));
  }

  private static List<RequestedOutput> outputs(InferRequestJson request) {
    require(
        request.outputs().size() <= Output.values().length,
        "there are more outputs than the model has");
    boolean binary = Parameters.flag(request.parameters(), "binary_data_output");
    List<RequestedOutput> wanted = new ArrayList<>();
    for (InferRequestJson.Output output : request.outputs()) {
      require(output != null, "outputs must have nothing but objects");
      require(output.name() != null, "an output has no name");
      Parameters.requireNoExtension(output.parameters());
      boolean own = output.parameters().containsKey("binary_data");
      wanted.add(
          new RequestedOutput(
              Output.named(output.name()),
              own ? Parameters.flag(output.parameters(), "binary_data") : binary));
    }
    Parameters.requireDistinct(wanted);
    return wanted.isEmpty() ? Output.all(binary) : List.copyOf(wanted);
  }

  private Images images(Input input, ByteBuffer behind) {
    require(input.name() != null, "the input has no name");
    require(input.datatype() != null, "the input has no datatype");
    require(input.shape() != null, "the input has no shape");
    Parameters.requireNoExtension(input.parameters());
    List<Long> shape = shape(input.shape());
    ImageTensor tensor = new ImageTensor(input.name(), input.datatype(), shape, maxImages);
    int bytes = behind.remaining();
    if (!input.parameters().containsKey(BinaryTensors.SIZE)) {
      require(input.data() != null, "the input has neither data nor %s", BinaryTensors.SIZE);
      require(bytes == 0, "%d bytes behind the JSON belong to no input", bytes);
      input.data().requireShape(shape);
      return tensor.ofValues(input.data().count(), input.data()::get);
    }
    require(input.data() == null, "the input has both data and %s", BinaryTensors.SIZE);
    long size = Parameters.whole(input.parameters(), BinaryTensors.SIZE);
    require(
        size == bytes,
        "%s is %d; behind the JSON, whose length %s gives, are %d bytes",
        BinaryTensors.SIZE,
        size,
        BinaryTensors.HEADER,
        bytes);
    return tensor.ofRaw(behind);
  }

  private static List<Long> shape(List<Object> dimensions) {
    List<Long> shape = new ArrayList<>();
    for (Object dimension : dimensions) {
      require(
          dimension instanceof Integer || dimension instanceof Long,
          "shape must have nothing but whole numbers");
      shape.add(((Number) dimension).longValue());
      require(shape.size() <= ImageTensor.SHAPE.size(), "shape has more than 4 dimensions");
    }
    return shape;
  }
}
