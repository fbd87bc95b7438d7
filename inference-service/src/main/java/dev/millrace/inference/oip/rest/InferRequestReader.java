package dev.millrace.inference.oip.rest;

import static dev.millrace.inference.oip.ImageTensor.require;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.oip.BinaryTensors;
import dev.millrace.inference.oip.ImageTensor;
import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.Output;
import dev.millrace.inference.oip.Parameters;
import dev.millrace.inference.serving.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads a REST request: JSON, optionally followed by the bytes of its tensors. It streams the JSON,
 * so that numbers do not become objects. A null member counts as absent, since some clients write
 * all members of their types. One instance reads one request.
 */
public final class InferRequestReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build()
          .setCodec(new ObjectMapper());

  /** One element of {@code inputs}. */
  private static final class Input {
    private String name;
    private String datatype;
    private List<Long> shape;
    private JsonTensorData data;
    private Map<String, Object> parameters = Map.of();
  }

  private record NamedOutput(String name, Map<String, Object> parameters) {}

  private final byte[] body;
  private final int jsonLength;
  private final int maxImages;
  private final List<Input> inputs = new ArrayList<>();
  private final List<NamedOutput> outputs = new ArrayList<>();
  private boolean hasInputs;
  private Optional<String> id = Optional.empty();
  private Map<String, Object> parameters = Map.of();

  private InferRequestReader(byte[] body, int jsonLength, int maxImages) {
    this.body = body;
    this.jsonLength = jsonLength;
    this.maxImages = maxImages;
  }

  /**
   * Reads a request.
   *
   * @param jsonLength the header {@code Inference-Header-Content-Length}; null if there is none;
   *     then the whole body is JSON
   * @throws InvalidRequestException if it is not a valid request for this model
   */
  public static InferRequest read(byte[] body, String jsonLength, int maxImages) {
    int length = jsonLength == null ? body.length : length(jsonLength, body.length);
    InferRequestReader reader = new InferRequestReader(body, length, maxImages);
    try (JsonParser json = JSON.createParser(body, 0, length)) {
      reader.readRequest(json);
    } catch (JsonProcessingException e) {
      // The rest of Jackson's message is for developers, not for clients.
      String why = e.getOriginalMessage().split(": enable `", 2)[0];
      throw new InvalidRequestException("the body is not JSON: " + why, e);
    } catch (IOException e) {
      throw new InvalidRequestException("the body is not JSON: " + e.getMessage(), e);
    }
    return reader.request();
  }

  private static int length(String header, int bytes) {
    Supplier<InvalidRequestException> wrong =
        () ->
            new InvalidRequestException(
                "%s is '%s'; it must be the JSON's length, from 1 to the body's %d bytes"
                    .formatted(BinaryTensors.HEADER, header, bytes));
    try {
      int length = Integer.parseInt(header.strip());
      if (length < 1 || length > bytes) {
        throw wrong.get();
      }
      return length;
    } catch (NumberFormatException e) {
      throw wrong.get();
    }
  }

  private void readRequest(JsonParser json) throws IOException {
    require(json.nextToken() == JsonToken.START_OBJECT, "the body must be a JSON object");
    while (nextMember(json)) {
      switch (json.currentName()) {
        case "id" -> id = Optional.of(text(json, "id"));
        case "parameters" -> parameters = parameters(json);
        case "inputs" -> {
          hasInputs = true;
          eachObject(json, "inputs", () -> inputs.add(input(json)));
        }
        case "outputs" -> eachObject(json, "outputs", () -> outputs.add(output(json)));
        default -> json.skipChildren();
      }
    }
    require(json.nextToken() == null, "there is something behind the JSON object");
  }

  /**
   * Advances to the value of the object's next member that is not null.
   *
   * @return whether there is one
   */
  private static boolean nextMember(JsonParser json) throws IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      if (json.nextToken() != JsonToken.VALUE_NULL) {
        return true;
      }
    }
    return false;
  }

  private interface ElementReader {
    void read() throws IOException;
  }

  private static void eachObject(JsonParser json, String field, ElementReader element)
      throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "%s must be an array", field);
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(
          json.currentToken() == JsonToken.START_OBJECT, "%s must have nothing but objects", field);
      element.read();
    }
  }

  private Input input(JsonParser json) throws IOException {
    require(inputs.isEmpty(), "there is more than one input; the model has one, images");
    Input input = new Input();
    while (nextMember(json)) {
      switch (json.currentName()) {
        case "name" -> input.name = text(json, "an input's name");
        case "datatype" -> input.datatype = text(json, "an input's datatype");
        case "shape" -> input.shape = shape(json);
        case "data" -> {
          ImageTensor.requireFewImages(input.shape, maxImages);
          input.data = JsonTensorData.read(json, maxImages);
        }
        case "parameters" -> input.parameters = parameters(json);
        default -> json.skipChildren();
      }
    }
    return input;
  }

  private NamedOutput output(JsonParser json) throws IOException {
    require(outputs.size() < Output.values().length, "there are more outputs than the model has");
    String name = null;
    Map<String, Object> found = Map.of();
    while (nextMember(json)) {
      switch (json.currentName()) {
        case "name" -> name = text(json, "an output's name");
        case "parameters" -> found = parameters(json);
        default -> json.skipChildren();
      }
    }
    require(name != null, "an output has no name");
    return new NamedOutput(name, found);
  }

  private static String text(JsonParser json, String what) throws IOException {
    require(json.currentToken() == JsonToken.VALUE_STRING, "%s must be a string", what);
    return json.getText();
  }

  private static List<Long> shape(JsonParser json) throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "shape must be an array");
    List<Long> shape = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(
          json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER,
          "shape must have nothing but whole numbers");
      shape.add(json.getLongValue());
      require(shape.size() <= ImageTensor.SHAPE.size(), "shape has more than 4 dimensions");
    }
    return shape;
  }

  private static Map<String, Object> parameters(JsonParser json) throws IOException {
    require(json.currentToken() == JsonToken.START_OBJECT, "parameters must be an object");
    Map<String, Object> found = new LinkedHashMap<>();
    while (nextMember(json)) {
      String name = json.currentName();
      JsonToken value = json.currentToken();
      require(
          value.isScalarValue(),
          "the parameter '%s' must be a string, a number or a boolean",
          name);
      found.put(
          name,
          switch (value) {
            case VALUE_STRING -> json.getText();
            case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
            default -> json.getNumberValue();
          });
    }
    return found;
  }

  private InferRequest request() {
    require(hasInputs, "the request has no inputs");
    require(!inputs.isEmpty(), "inputs is empty; the model has one input, images");
    Images images = images(inputs.get(0));
    boolean binary = Parameters.flag(parameters, "binary_data_output");
    List<RequestedOutput> wanted = new ArrayList<>();
    for (NamedOutput output : outputs) {
      Parameters.requireNoExtension(output.parameters);
      boolean own = output.parameters.containsKey("binary_data");
      wanted.add(
          new RequestedOutput(
              Output.named(output.name),
              own ? Parameters.flag(output.parameters, "binary_data") : binary));
    }
    Parameters.requireDistinct(wanted);
    return new InferRequest(
        id,
        images,
        wanted.isEmpty() ? Output.all(binary) : List.copyOf(wanted),
        Parameters.timeout(parameters));
  }

  private Images images(Input input) {
    require(input.name != null, "the input has no name");
    require(input.datatype != null, "the input has no datatype");
    require(input.shape != null, "the input has no shape");
    Parameters.requireNoExtension(input.parameters);
    ImageTensor tensor = new ImageTensor(input.name, input.datatype, input.shape, maxImages);
    int behind = body.length - jsonLength;
    if (!input.parameters.containsKey(BinaryTensors.SIZE)) {
      require(input.data != null, "the input has neither data nor %s", BinaryTensors.SIZE);
      require(behind == 0, "%d bytes behind the JSON belong to no input", behind);
      input.data.requireShape(input.shape);
      return tensor.ofValues(input.data.count(), input.data::get);
    }
    require(input.data == null, "the input has both data and %s", BinaryTensors.SIZE);
    long size = Parameters.whole(input.parameters, BinaryTensors.SIZE);
    require(
        size == behind,
        "%s is %d; behind the JSON, whose length %s gives, are %d bytes",
        BinaryTensors.SIZE,
        size,
        BinaryTensors.HEADER,
        behind);
    return tensor.ofRaw(ByteBuffer.wrap(body, jsonLength, behind));
  }
}
