package dev.millrace.inference.oip.rest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.inference.oip.BinaryTensors;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InferResponse;
import dev.millrace.inference.oip.Output;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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

  private static final JsonFactory JSON = new JsonFactory();

  private InferResponseWriter() {}

  public static Written write(InferResponse response) {
    List<byte[]> tensors = new ArrayList<>();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(body)) {
      write(response, json, tensors);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not possible in memory
    }
    if (tensors.isEmpty()) {
      return new Written(body.toByteArray(), OptionalInt.empty());
    }
    int length = body.size();
    tensors.forEach(body::writeBytes);
    return new Written(body.toByteArray(), OptionalInt.of(length));
  }

  private static void write(InferResponse response, JsonGenerator json, List<byte[]> tensors)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("model_name", response.checkpoint().architecture());
    json.writeStringField("model_version", response.checkpoint().id());
    if (response.request().id().isPresent()) {
      json.writeStringField("id", response.request().id().get());
    }
    json.writeObjectFieldStart("parameters");
    for (Map.Entry<String, Object> parameter : response.parameters().entrySet()) {
      json.writeFieldName(parameter.getKey());
      if (parameter.getValue() instanceof Long number) {
        json.writeNumber(number);
      } else {
        json.writeString(parameter.getValue().toString());
      }
    }
    json.writeEndObject();
    json.writeArrayFieldStart("outputs");
    for (RequestedOutput wanted : response.request().outputs()) {
      writeOutput(response, wanted, json, tensors);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeOutput(
      InferResponse response, RequestedOutput wanted, JsonGenerator json, List<byte[]> tensors)
      throws IOException {
    Output output = wanted.output();
    json.writeStartObject();
    json.writeStringField("name", output.tensor());
    json.writeStringField("datatype", output.datatype());
    json.writeArrayFieldStart("shape");
    for (long dimension : response.shape(output)) {
      json.writeNumber(dimension);
    }
    json.writeEndArray();
    if (wanted.binary()) {
      byte[] tensor = response.raw(wanted);
      tensors.add(tensor);
      json.writeObjectFieldStart("parameters");
      json.writeNumberField(BinaryTensors.SIZE, tensor.length);
      json.writeEndObject();
    } else {
      writeData(response, output, json);
    }
    json.writeEndObject();
  }

  private static void writeData(InferResponse response, Output output, JsonGenerator json)
      throws IOException {
    json.writeArrayFieldStart("data");
    if (output == Output.LABELS) {
      for (String label : response.labels()) {
        json.writeString(label);
      }
    } else {
      for (float value : response.floats(output)) {
        json.writeNumber(value);
      }
    }
    json.writeEndArray();
  }
}
