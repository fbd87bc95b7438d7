package dev.millrace.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The JSON format of events, manifests and reports: times are ISO-8601, absent values are omitted.
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
          .build();

  private Json() {}

  /** Returns a value as one line of JSON in UTF-8. */
  public static byte[] bytes(Object value) {
    return write(value, false).getBytes(StandardCharsets.UTF_8);
  }

  /** Returns a value as indented JSON in UTF-8, for files that people open. */
  public static byte[] prettyBytes(Object value) {
    return (write(value, true) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a value. Unknown properties are ignored. Unknown values of an enum that has a default are
   * read as this default. Older readers can therefore read the events of newer writers.
   *
   * @throws MalformedException if the bytes are not JSON for that type
   */
  public static <T> T read(byte[] json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new MalformedException("not a %s: null".formatted(type.getSimpleName()));
      }
      return value;
    } catch (IOException e) {
      String reason =
          e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
      throw new MalformedException("not a %s: %s".formatted(type.getSimpleName(), reason), e);
    }
  }

  private static String write(Object value, boolean indented) {
    try {
      return (indented ? MAPPER.writerWithDefaultPrettyPrinter() : MAPPER.writer())
          .writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "cannot write a %s as JSON: %s"
              .formatted(value.getClass().getSimpleName(), e.getOriginalMessage()),
          e);
    }
  }
}
