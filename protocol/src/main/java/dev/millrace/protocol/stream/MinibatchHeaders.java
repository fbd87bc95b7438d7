package dev.millrace.protocol.stream;

import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The Kafka headers of a record on a minibatch topic: the position of the record in the stream.
 *
 * @param stream {@link StreamDescription#id()}: a hash of everything that determines the bytes
 * @param epoch from 1 for {@link Split#TRAIN}; 0 for the splits that are published once
 * @param batch index in the epoch from 0; for {@link Kind#EPOCH_END} the number of minibatches in
 *     the epoch on all partitions
 * @param generation how often ingest has moved back to an earlier position of this partition
 *     because records were deleted before training used them. On an undisturbed log it is 0 and not
 *     written. Of two records, the one with the higher generation is newer.
 */
public record MinibatchHeaders(
    String stream, Split split, int epoch, int batch, Kind kind, int generation) {
  private static final String STREAM = "millrace-stream";
  private static final String SPLIT = "millrace-split";
  private static final String EPOCH = "millrace-epoch";
  private static final String BATCH = "millrace-batch";
  private static final String KIND = "millrace-kind";
  private static final String GENERATION = "millrace-generation";

  /** The type of the record's value. */
  public enum Kind {
    /** A minibatch in the format of {@link MinibatchCodec}. */
    MINIBATCH("minibatch"),
    /** The end of an epoch: JSON of {@link EpochEnd}. */
    EPOCH_END("epoch-end");

    private final String wireName;

    Kind(String wireName) {
      this.wireName = wireName;
    }
  }

  /** Creates headers for a partition on which ingest has never moved back. */
  public MinibatchHeaders(String stream, Split split, int epoch, int batch, Kind kind) {
    this(stream, split, epoch, batch, kind, 0);
  }

  /** Returns the names and UTF-8 values of the headers. */
  public Map<String, byte[]> toMap() {
    Map<String, byte[]> map = new LinkedHashMap<>();
    map.put(STREAM, utf8(stream));
    map.put(SPLIT, utf8(split.wireName()));
    map.put(EPOCH, utf8(Integer.toString(epoch)));
    map.put(BATCH, utf8(Integer.toString(batch)));
    map.put(KIND, utf8(kind.wireName));
    if (generation > 0) {
      map.put(GENERATION, utf8(Integer.toString(generation)));
    }
    return map;
  }

  /**
   * Reads the headers of a record.
   *
   * @param header returns the value of a header by name, or null if the header is absent
   * @throws MalformedException if a header is missing or malformed
   */
  public static MinibatchHeaders from(Function<String, byte[]> header) {
    return new MinibatchHeaders(
        text(header, STREAM),
        Split.ofWireName(text(header, SPLIT)),
        number(header, EPOCH),
        number(header, BATCH),
        kind(text(header, KIND)),
        header.apply(GENERATION) == null ? 0 : number(header, GENERATION));
  }

  private static Kind kind(String name) {
    for (Kind kind : Kind.values()) {
      if (kind.wireName.equals(name)) {
        return kind;
      }
    }
    throw new MalformedException(
        "header %s is '%s'; expected minibatch or epoch-end".formatted(KIND, name));
  }

  private static int number(Function<String, byte[]> header, String name) {
    String text = text(header, name);
    try {
      int value = Integer.parseInt(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new MalformedException("header %s is '%s'; expected a number".formatted(name, text), e);
    }
    throw new MalformedException("header %s is %s; expected 0 or more".formatted(name, text));
  }

  private static String text(Function<String, byte[]> header, String name) {
    byte[] value = header.apply(name);
    if (value == null) {
      throw new MalformedException("header %s is missing".formatted(name));
    }
    return new String(value, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
