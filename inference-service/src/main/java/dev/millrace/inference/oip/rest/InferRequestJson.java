package dev.millrace.inference.oip.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dev.millrace.inference.oip.InvalidRequestException;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The JSON of a request, as it was sent. A null member counts as absent, since some clients write
 * all members of their types.
 */
record InferRequestJson(
    String id,
    @JsonDeserialize(contentUsing = Scalar.class) Map<String, Object> parameters,
    List<Input> inputs,
    List<Output> outputs) {

  InferRequestJson {
    parameters = present(parameters);
    outputs = outputs == null ? List.of() : outputs;
  }

  /**
   * One element of {@code inputs}.
   *
   * @param shape whole numbers, if the request is valid
   */
  record Input(
      String name,
      String datatype,
      @JsonDeserialize(contentUsing = Scalar.class) List<Object> shape,
      @JsonDeserialize(using = JsonTensorData.Reader.class) JsonTensorData data,
      @JsonDeserialize(contentUsing = Scalar.class) Map<String, Object> parameters) {
    Input {
      parameters = present(parameters);
    }
  }

  /** One element of {@code outputs}. */
  record Output(
      String name, @JsonDeserialize(contentUsing = Scalar.class) Map<String, Object> parameters) {
    Output {
      parameters = present(parameters);
    }
  }

  private static Map<String, Object> present(Map<String, Object> members) {
    if (members == null) {
      return Map.of();
    }
    Map<String, Object> present = new HashMap<>(members);
    present.values().removeIf(Objects::isNull);
    return present;
  }

  /** Reads a string, a number or a boolean. */
  static final class Scalar extends JsonDeserializer<Object> {
    @Override
    public Object deserialize(JsonParser json, DeserializationContext context) throws IOException {
      JsonToken token = json.currentToken();
      if (!token.isScalarValue()) {
        String name = json.getParsingContext().getParent().getCurrentName();
        throw new InvalidRequestException(
            "shape".equals(name)
                ? "shape must have nothing but whole numbers"
                : "the parameter '%s' must be a string, a number or a boolean".formatted(name));
      }
      return switch (token) {
        case VALUE_STRING -> json.getText();
        case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
        default -> json.getNumberValue();
      };
    }
  }
}
