package dev.millrace.inference.oip.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.millrace.inference.oip.BinaryTensors;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InferResponse;
import dev.millrace.inference.oip.Output;
import dev.millrace.protocol.Json;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Writes a REST response: JSON, followed by the tensors that were requested as bytes. */
public final class InferResponseWriter {
  /**
   * A written response.
   *
   * @param jsonLength for the header; empty if the whole body is JSON
   */
  public record Written(byte[] body, OptionalInt jsonLength) {}

  /** The JSON of a response; a null member is left out. */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Response(
      String modelName,
      String modelVersion,
      String id,
      Map<String, Object> parameters,
      List<Tensor> outputs) {}

  /**
   * A tensor.
   *
   * @param parameters the length of its bytes behind the JSON, if it is not in {@code data}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Tensor(
      String name,
      String datatype,
      List<Long> shape,
      Map<String, Integer> parameters,
      List<?> data) {}

  private InferResponseWriter() {}

  public static Written write(InferResponse response) {
    List<Tensor> outputs = new ArrayList<>();
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    for (RequestedOutput wanted : response.request().outputs()) {
      if (wanted.binary()) {
        byte[] bytes = response.raw(wanted);
        raw.writeBytes(bytes);
        Map<String, Integer> size = Map.of(BinaryTensors.SIZE, bytes.length);
        outputs.add(tensor(response, wanted.output(), size, null));
      } else {
        outputs.add(tensor(response, wanted.output(), null, data(response, wanted.output())));
      }
    }
    byte[] json =
        Json.bytes(
            new Response(
                response.checkpoint().architecture(),
                response.checkpoint().id(),
                response.request().id().orElse(null),
                response.parameters(),
                outputs));
    if (raw.size() == 0) {
      return new Written(json, OptionalInt.empty());
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(json.length + raw.size());
    body.writeBytes(json);
    body.writeBytes(raw.toByteArray());
    return new Written(body.toByteArray(), OptionalInt.of(json.length));
  }

  private static Tensor tensor(
      InferResponse response, Output output, Map<String, Integer> size, List<?> data) {
    return new Tensor(output.tensor(), output.datatype(), response.shape(output), size, data);
  }

  private static List<?> data(InferResponse response, Output output) {
    return output == Output.LABELS ? response.labels() : response.floats(output);
  }
}
