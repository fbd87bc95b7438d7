package dev.millrace.inference.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.oip.InvalidRequestException;
import dev.millrace.inference.oip.Output;
import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.stream.Minibatch;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InferRequestReaderTest {
  private static final InferRequestReader READER = new InferRequestReader(4);
  private static final String SHAPE = "\"shape\":[1,3,32,32]";
  private static final String HEAD = "\"name\":\"images\",\"datatype\":\"UINT8\"," + SHAPE;

  @Test
  void flatDataBecomesTheImagesPixels() {
    InferRequest request = read("{\"inputs\":[{%s,\"data\":%s}]}".formatted(HEAD, flat(1)));

    assertThat(request.id()).isEmpty();
    assertThat(request.timeout()).isEmpty();
    assertThat(request.images()).isInstanceOf(Images.Bytes.class);
    byte[] pixels = ((Images.Bytes) request.images()).pixels();
    assertThat(pixels).hasSize(Minibatch.IMAGE_BYTES);
    assertThat(pixels[255]).isEqualTo((byte) 255);
    assertThat(pixels[257]).isEqualTo((byte) 1);
    assertThat(request.outputs())
        .containsExactly(
            new RequestedOutput(Output.LOGITS, false),
            new RequestedOutput(Output.PROBABILITIES, false),
            new RequestedOutput(Output.LABELS, false));
  }

  @Test
  void nestedDataIsTheSameWhateverTheOrderOfTheFields() {
    String nested = "[[" + planes() + "," + planes() + "," + planes() + "]]";
    InferRequest request =
        read(
            "{\"outputs\":[{\"name\":\"labels\"}],\"inputs\":[{\"data\":%s,%s}],\"id\":\"x\"}"
                .formatted(nested, HEAD));

    assertThat(request.images().count()).isEqualTo(1);
    assertThat(((Images.Bytes) request.images()).pixels()[33]).isEqualTo((byte) 2);
    assertThat(request.id()).hasValue("x");
    assertThat(request.outputs()).containsExactly(new RequestedOutput(Output.LABELS, false));
  }

  @Test
  void floatsKeepTheirFractions() {
    String data = "[" + String.join(",", Collections.nCopies(3072, "1.5")) + "]";
    InferRequest request =
        read(
            "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",%s,\"data\":%s}]}"
                .formatted(SHAPE, data));
    assertThat(((Images.Floats) request.images()).pixels()[3071]).isEqualTo(1.5f);
  }

  @Test
  void theBinaryExtensionTakesTheBytesBehindTheJson() {
    byte[] pixels = new byte[2 * Minibatch.IMAGE_BYTES];
    pixels[6143] = (byte) 200;
    InferRequest request =
        binary(
            "{\"parameters\":{\"binary_data_output\":true,\"timeout\":1500,\"priority\":1},\"inputs\":[{"
                + "\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[2,3,32,32],"
                + "\"parameters\":{\"binary_data_size\":6144}}],\"outputs\":[{\"name\":\"logits\"},"
                + "{\"name\":\"labels\",\"parameters\":{\"binary_data\":false}}]}",
            pixels);

    assertThat(((Images.Bytes) request.images()).pixels()).isEqualTo(pixels);
    assertThat(request.timeout()).hasValue(Duration.ofNanos(1_500_000));
    assertThat(request.outputs())
        .containsExactly(
            new RequestedOutput(Output.LOGITS, true), new RequestedOutput(Output.LABELS, false));
  }

  @Test
  void binaryFloatsAreLittleEndian() {
    ByteBuffer bytes = ByteBuffer.allocate(4 * 3072).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(0, 0.25f).putFloat(4 * 3071, 255);
    InferRequest request =
        binary(
            "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",%s,\"parameters\":{\"binary_data_size\":12288}}]}"
                .formatted(SHAPE),
            bytes.array());
    float[] pixels = ((Images.Floats) request.images()).pixels();
    assertThat(pixels[0]).isEqualTo(.25f);
    assertThat(pixels[3071]).isEqualTo(255);
  }

  /** Every combination of the optional members being null. */
  @Test
  void aMemberThatIsNullIsAsGoodAsAbsent() {
    String[] nulls = {
      "\"id\":null",
      "\"parameters\":null",
      "\"outputs\":null",
      "\"other\":null",
      "\"parameters\":{\"timeout\":null,\"binary_data_output\":null,\"headers\":null}",
    };
    String[] ofInput = {
      "\"parameters\":null",
      "\"parameters\":{\"content_type\":\"np\",\"headers\":null,\"binary_data_size\":null,"
          + "\"shared_memory_region\":null}",
      "\"other\":null",
    };
    String plain = "{\"inputs\":[{%s,\"data\":%s}]}".formatted(HEAD, flat(1));
    InferRequest expected = read(plain);
    for (int chosen = 0; chosen < 1 << nulls.length; chosen++) {
      if ((chosen & 0b10010) == 0b10010) {
        continue; // the same member twice
      }
      for (String input : ofInput) {
        String json =
            "{%s\"inputs\":[{%s,%s,\"data\":%s}]}"
                .formatted(chosen(nulls, chosen), input, HEAD, flat(1));
        assertSame(read(json), expected);
      }
    }
  }

  private static String chosen(String[] members, int bits) {
    return IntStream.range(0, members.length)
        .filter(i -> (bits & 1 << i) != 0)
        .mapToObj(i -> members[i] + ",")
        .collect(Collectors.joining());
  }

  private static void assertSame(InferRequest request, InferRequest expected) {
    assertThat(request.id()).isEqualTo(expected.id());
    assertThat(request.timeout()).isEqualTo(expected.timeout());
    assertThat(request.outputs()).isEqualTo(expected.outputs());
    assertThat(((Images.Bytes) request.images()).pixels())
        .isEqualTo(((Images.Bytes) expected.images()).pixels());
  }

  @Test
  void nullsOfAnOutputAndOfTheBinaryExtensionAreAsGoodAsAbsent() {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    for (String parameters :
        new String[] {"null", "{\"binary_data\":null}", "{\"classification\":null}"}) {
      InferRequest request =
          binary(
              "{\"id\":null,\"parameters\":{\"binary_data_output\":true},\"inputs\":[{%s,\"data\":null,"
                      .formatted(HEAD)
                  + "\"parameters\":{\"binary_data_size\":3072,\"x\":null}}],\"outputs\":[{\"name\":"
                  + "\"labels\",\"parameters\":%s,\"other\":null}]}".formatted(parameters),
              pixels);
      assertThat(request.outputs()).containsExactly(new RequestedOutput(Output.LABELS, true));
    }
  }

  @Test
  void aNullWhereAValueIsRequiredIsRefusedAsIfItWereAbsent() {
    refused("null", "must be a JSON object");
    refused("{\"inputs\":null}", "no inputs");
    refused("{\"inputs\":[null]}", "nothing but objects");
    refused("{\"outputs\":[null]}", "nothing but objects");
    refused("{\"outputs\":[{\"name\":null}]}", "an output has no name");
    refusedInput(HEAD.replace("\"images\"", "null") + ",\"data\":[1]", "no name");
    refusedInput(HEAD.replace("\"UINT8\"", "null") + ",\"data\":[1]", "no datatype");
    refusedInput(HEAD.replace("[1,3,32,32]", "null") + ",\"data\":[1]", "no shape");
    refusedInput(HEAD.replace("[1,", "[null,") + ",\"data\":[1]", "nothing but whole numbers");
    refusedInput(HEAD + ",\"data\":null", "neither data nor binary_data_size");
    refusedInput(HEAD + ",\"data\":[null]", "nothing but numbers");
  }

  @Test
  void tooManyImagesAreCountedInImages() {
    String five = HEAD.replace("[1,", "[5,");
    refusedInput(five + ",\"data\":" + flat(5), "has 5 images; at most 4 are taken");
    refusedInput("\"data\":" + flat(5) + "," + five, "has 5 images; at most 4 are taken");
  }

  @Test
  void whatIsNotARequestIsRefusedWithAReason() {
    refused("", "must be a JSON object");
    refused("[]", "must be a JSON object");
    refused("{", "not JSON");
    refused("{}x", "not JSON");
    refused("{}{}", "behind the JSON object");
    refused("{\"id\":\"a\",\"id\":\"b\"}", "Duplicate");
    refused("{}", "no inputs");
    refused("{\"inputs\":{}}", "inputs must be an array");
    refused("{\"inputs\":[]}", "inputs is empty");
    refused("{\"inputs\":[1]}", "nothing but objects");
    refused("{\"inputs\":[{},{}]}", "more than one input");
    refused("{\"id\":7,\"inputs\":[{}]}", "id must be a string");
    refused("{\"parameters\":[]}", "parameters must be an object");
    refused("{\"parameters\":{\"a\":[1]}}", "'a' must be a string");
    refusedInput("", "no name");
    refusedInput("\"name\":7", "name must be a string");
    refusedInput("\"name\":\"images\"", "no datatype");
    refusedInput("\"name\":\"images\",\"datatype\":\"UINT8\"", "no shape");
    refusedInput(HEAD, "neither data nor");
    refusedInput(HEAD.replace("images", "pixels") + ",\"data\":[]", "'pixels' is unknown");
    refusedInput(HEAD.replace("UINT8", "INT64") + ",\"data\":[]", "'INT64'");
    for (String shape :
        new String[] {"[]", "[3,32,32]", "[0,3,32,32]", "[-1,3,32,32]", "[1,32,32,3]"}) {
      refusedInput(HEAD.replace("[1,3,32,32]", shape) + ",\"data\":[]", "must be [N, 3, 32, 32]");
    }
    refusedInput(HEAD.replace("[1,", "[5,") + ",\"data\":[]", "5 images; at most 4");
    refusedInput(HEAD.replace("[1,", "[1.5,"), "whole numbers");
    refusedInput(HEAD.replace("[1,", "[99999999999999999999,"), "whole numbers");
    refusedInput(HEAD.replace("[1,", "[9223372036854775807,") + ",\"data\":[]", "at most 4");
    refusedInput(HEAD.replace("[1,", "[1,1,1,"), "more than 4 dimensions");
    refusedInput("\"shape\":7", "shape must be an array");
  }

  @Test
  void whatIsNoImageIsRefusedWithAReason() {
    refusedInput(HEAD + ",\"data\":7", "must be an array of numbers");
    refusedInput(HEAD + ",\"data\":[]", "0 elements");
    refusedInput(HEAD + ",\"data\":[1,2]", "2 elements of data; its shape needs 3072");
    refusedInput(HEAD + ",\"data\":[1,\"2\"]", "nothing but numbers");
    refusedInput(HEAD + ",\"data\":[1,null]", "nothing but numbers");
    refusedInput(HEAD + ",\"data\":[1,[2]]", "numbers beside arrays");
    refusedInput(HEAD + ",\"data\":[[1],2]", "numbers beside arrays");
    refusedInput(HEAD + ",\"data\":[[1,2],[3]]", "2 and of 1");
    refusedInput(HEAD + ",\"data\":[[[[[1]]]]]", "nested deeper");
    refusedInput(HEAD + ",\"data\":[" + flat(1) + "]", "nested as [1, 3072]");
    refusedInput(HEAD + ",\"data\":" + flat(5), "more than 12288 elements");
    refusedInput(HEAD + ",\"data\":" + flat(1).replace("[0,", "[256,"), "element 256");
    refusedInput(HEAD + ",\"data\":" + flat(1).replace("[0,", "[-1,"), "element -1");
    refusedInput(HEAD + ",\"data\":" + flat(1).replace("[0,", "[0.5,"), "element 0.5");
    String floats = HEAD.replace("UINT8", "FP32") + ",\"data\":";
    refusedInput(floats + flat(1).replace("[0,", "[NaN,"), "not JSON: Non-standard token 'NaN'");
    refusedInput(floats + flat(1).replace("[0,", "[1e999,"), "element Infinity");
    refusedInput(floats + flat(1).replace("[0,", "[-0.001,"), "from 0 to 255");
    refusedInput(floats + flat(1).replace("[0,", "[255.1,"), "from 0 to 255");
  }

  @Test
  void outputsAndExtensionsThatTheModelDoesNotHaveAreRefused() {
    String input = "{\"inputs\":[{%s,\"data\":%s}],".formatted(HEAD, flat(1));
    refused(input + "\"outputs\":[{\"name\":\"embeddings\"}]}", "none of logits, probabilities");
    refused(input + "\"outputs\":[{}]}", "an output has no name");
    refused(
        input + "\"outputs\":[{\"name\":\"labels\"},{\"name\":\"labels\"}]}", "asked for twice");
    refused(
        input + "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"classification\":3}}]}",
        "classification");
    refused(
        input + "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":1}}]}",
        "true or false");
    refused(input + "\"parameters\":{\"timeout\":-1}}", "-1 microseconds");
    refused(input + "\"parameters\":{\"timeout\":\"soon\"}}", "'soon'");
    refusedInput(HEAD + ",\"parameters\":{\"shared_memory_region\":\"x\"}", "shared_memory_region");
  }

  @Test
  void binaryDataThatDoesNotFitItsHeaderIsRefused() {
    String input = "{\"inputs\":[{%s,\"parameters\":{\"binary_data_size\":%s}}]}";
    byte[] pixels = new byte[3072];
    refusedBinary(input.formatted(HEAD, "3071"), pixels, "3071; behind the JSON");
    refusedBinary(input.formatted(HEAD, "\"x\""), pixels, "'x'; it must be a whole number");
    refusedBinary(input.formatted(HEAD, "10"), new byte[10], "10 bytes of data");
    refusedBinary(input.formatted(HEAD, "-1"), pixels, "-1");
    refusedBinary("{\"inputs\":[{%s}]}".formatted(HEAD), pixels, "neither data nor");
    refusedBinary(
        "{\"inputs\":[{%s,\"data\":%s}]}".formatted(HEAD, flat(1)), pixels, "belong to no input");
    refusedBinary(
        input.formatted(HEAD + ",\"data\":[1]", "3072"), pixels, "both data and binary_data_size");
    ByteBuffer nan = ByteBuffer.allocate(12288).putInt(0, 0x0000c07f);
    refusedBinary(
        input.formatted(HEAD.replace("UINT8", "FP32"), "12288"), nan.array(), "element NaN at 0");
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    for (String length : new String[] {"0", "-1", "3", "x", "", "99999999999"}) {
      assertThatThrownBy(() -> READER.read(body, length))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("Inference-Header-Content-Length is '%s'".formatted(length));
    }
  }

  private static InferRequest read(String json) {
    return READER.read(json.getBytes(StandardCharsets.UTF_8), null);
  }

  private static InferRequest binary(String json, byte[] tensor) {
    byte[] head = json.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(head);
    body.writeBytes(tensor);
    return READER.read(body.toByteArray(), Integer.toString(head.length));
  }

  private static void refusedInput(String input, String says) {
    refused("{\"inputs\":[{%s}]}".formatted(input), says);
  }

  private static void refused(String json, String says) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(says);
  }

  private static void refusedBinary(String json, byte[] tensor, String says) {
    assertThatThrownBy(() -> binary(json, tensor))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(says);
  }

  private static String flat(int images) {
    return IntStream.range(0, images * Minibatch.IMAGE_BYTES)
        .mapToObj(i -> Integer.toString(i % 256))
        .collect(Collectors.joining(",", "[", "]"));
  }

  /** One plane whose pixels are their row plus their column. */
  private static String planes() {
    return IntStream.range(0, 32)
        .mapToObj(
            y ->
                IntStream.range(0, 32)
                    .mapToObj(x -> Integer.toString(y + x))
                    .collect(Collectors.joining(",", "[", "]")))
        .collect(Collectors.joining(",", "[", "]"));
  }
}
