package dev.millrace.benchmarks.training;

import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.MinibatchStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The records that ingest would write to Kafka, passed to the trainer in memory. Not thread-safe.
 */
final class InMemoryStream implements MinibatchStream {
  private final MinibatchSource source;
  private final Iterator<Delivery> records;

  private InMemoryStream(MinibatchSource source, Iterator<Delivery> records) {
    this.source = source;
    this.records = records;
  }

  /** Returns a stream that creates each record on demand. */
  static InMemoryStream of(MinibatchSource source) {
    return new InMemoryStream(source, new Records(source, Split.TRAIN));
  }

  /** Creates the first minibatches and returns a stream that ends after them. */
  static InMemoryStream prepared(MinibatchSource source, int count) {
    Records all = new Records(source, Split.TRAIN);
    int ends = count / source.description().batches(Split.TRAIN);
    List<Delivery> first = new ArrayList<>();
    while (first.size() < count + ends) {
      first.add(all.next());
    }
    return new InMemoryStream(source, first.iterator());
  }

  /** Returns the validation split as the trainer would read it. */
  EvaluationSplit validation() {
    return EvaluationSplit.read(Split.VALIDATION, new Records(source, Split.VALIDATION));
  }

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    if (nextOffsets.values().stream().anyMatch(offset -> offset > 0)) {
      throw new IllegalArgumentException(
          "a run in memory begins at offset 0, not at " + nextOffsets);
    }
  }

  @Override
  public Delivery next(int partition) {
    return records.hasNext() ? records.next() : null;
  }

  @Override
  public void commit(Map<Integer, Long> nextOffsets) {
    // There is no broker that could delete records.
  }

  @Override
  public void deadLetter(Delivery delivery, String reason) {
    throw new IllegalStateException(
        "the minibatch at %s was rejected: %s".formatted(delivery.where(), reason));
  }

  /** The records of a split from the first one on, without end. */
  private static final class Records implements Iterator<Delivery> {
    private final MinibatchSource source;
    private final Split split;
    private final String stream;
    private final int batches;
    private int epoch;
    private int batch;
    private long offset;
    private EpochDigest digest;

    Records(MinibatchSource source, Split split) {
      this.source = source;
      this.split = split;
      stream = source.description().id();
      batches = source.description().batches(split);
      begin(split == Split.TRAIN ? 1 : 0);
    }

    private void begin(int next) {
      epoch = next;
      batch = 0;
      digest = EpochDigest.begin(stream, split, epoch);
    }

    @Override
    public boolean hasNext() {
      return true;
    }

    @Override
    public Delivery next() {
      if (batch == batches) {
        Delivery end =
            delivery(
                Kind.EPOCH_END,
                batches,
                Json.bytes(EpochEnd.of(source.description(), split, epoch, 0, digest)));
        begin(epoch + 1);
        return end;
      }
      byte[] value = source.at(split, epoch, batch);
      digest = digest.add(value);
      return delivery(Kind.MINIBATCH, batch++, value);
    }

    private Delivery delivery(Kind kind, int index, byte[] value) {
      MinibatchHeaders headers = new MinibatchHeaders(stream, split, epoch, index, kind);
      return new Delivery(split.topic(), 0, offset++, headers.toMap()::get, value);
    }
  }
}
