package dev.millrace.inference.oip.rest;

import static dev.millrace.inference.oip.ImageTensor.require;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A tensor's {@code data}: numbers in row-major order, flat or nested. */
final class JsonTensorData {
  /** The attribute of a deserialization that says how many images are taken. */
  static final String MAX_IMAGES = "maxImages";

  private static final int MAX_DEPTH = 4;
  private static final int UNSET = -1;

  private final int maxImages;
  private final int maxElements;
  private final int[] lengths = new int[MAX_DEPTH];
  private double[] values = new double[64];
  private int count;
  private int depth = UNSET;

  /** Reads the numbers without a tree of nodes. */
  static final class Reader extends JsonDeserializer<JsonTensorData> {
    @Override
    public JsonTensorData deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      require(json.currentToken() == JsonToken.START_ARRAY, "data must be an array of numbers");
      JsonTensorData data = new JsonTensorData((int) context.getAttribute(MAX_IMAGES));
      data.readArray(json, 1);
      return data;
    }
  }

  private JsonTensorData(int maxImages) {
    this.maxImages = maxImages;
    this.maxElements = maxImages * Minibatch.IMAGE_BYTES;
    Arrays.fill(lengths, UNSET);
  }

  private void readArray(JsonParser json, int level) throws IOException {
    require(level <= MAX_DEPTH, "data is nested deeper than %d arrays", MAX_DEPTH);
    int length = 0;
    for (JsonToken token = json.nextToken();
        token != JsonToken.END_ARRAY;
        token = json.nextToken()) {
      if (token == JsonToken.START_ARRAY) {
        readArray(json, level + 1);
      } else {
        require(token != null && token.isNumeric(), "data must have nothing but numbers");
        require(depth == UNSET || depth == level, "data has numbers beside arrays");
        depth = level;
        add(json.getDoubleValue());
      }
      length++;
    }
    require(
        lengths[level - 1] == UNSET || lengths[level - 1] == length,
        "data has arrays of %d and of %d elements beside each other",
        lengths[level - 1],
        length);
    lengths[level - 1] = length;
  }

  private void add(double value) {
    if (count == values.length && count < maxElements) {
      values = Arrays.copyOf(values, Math.min(2 * count, maxElements));
    }
    if (count < maxElements) {
      values[count] = value;
    }
    count++;
  }

  int count() {
    return count;
  }

  double get(int index) {
    return values[index];
  }

  /**
   * Checks the number of elements and the nesting.
   *
   * @throws InvalidRequestException if there are too many, or the nesting differs from the shape
   */
  void requireShape(List<Long> shape) {
    require(
        count <= maxElements,
        "data has more than %d elements, those of %d images; at most %d images are taken in one"
            + " request",
        maxElements,
        maxImages,
        maxImages);
    if (depth <= 1) {
      return;
    }
    List<Long> nested = new ArrayList<>();
    for (int level = 0; level < depth; level++) {
      nested.add((long) lengths[level]);
    }
    require(nested.equals(shape), "data is nested as %s, its shape is %s", nested, shape);
  }
}
