package dev.millrace.trainer.stream;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The complete validation or test split in memory: 15 MB for 5,000 images.
 *
 * @param stream the description of the whole stream, from the epoch-end of this split
 */
public record EvaluationSplit(StreamDescription stream, List<Minibatch> minibatches) {
  /**
   * Heap that the trainer needs in addition: for the validation split, checkpoints that are being
   * saved and the report.
   */
  private static final long RESERVED_BYTES = 160L << 20;

  /**
   * Reads a topic from its beginning to its epoch-end.
   *
   * @throws StreamException if the records are not exactly those that the epoch-end describes
   */
  public static EvaluationSplit read(Split split, Iterator<Delivery> records) {
    Reader reader = new Reader(split);
    while (records.hasNext()) {
      Optional<EvaluationSplit> whole = reader.add(records.next());
      if (whole.isPresent()) {
        return whole.get();
      }
    }
    throw new StreamException("%s ended before its epoch-end".formatted(split.topic()));
  }

  /**
   * Collects the records of a topic in order. If records were deleted, the reader waits until
   * ingest publishes the split again from its first minibatch. One thread uses the reader; any
   * thread may call {@link #minibatches()}.
   */
  public static final class Reader {
    private final Split split;
    private final List<Delivery> minibatches = new ArrayList<>();
    private volatile int count;

    /** Creates a reader without minibatches. */
    public Reader(Split split) {
      this.split = split;
    }

    /** Returns the number of minibatches read. */
    public int minibatches() {
      return count;
    }

    /**
     * Adds the next record.
     *
     * @return the split when it is complete
     * @throws StreamException if the record belongs to another split, or the split is not what the
     *     epoch-end describes
     */
    public Optional<EvaluationSplit> add(Delivery delivery) {
      MinibatchHeaders headers = delivery.headers();
      if (headers.split() != split) {
        throw new StreamException(
            "%s belongs to split %s; expected %s; another program writes to this topic"
                .formatted(delivery.where(), headers.split().wireName(), split.wireName()));
      }
      if (headers.kind() == Kind.EPOCH_END) {
        return end(delivery, headers);
      }
      if (headers.batch() > minibatches.size()) {
        minibatches.clear();
      } else if (headers.batch() == minibatches.size()) {
        minibatches.add(delivery);
      }
      count = minibatches.size();
      return Optional.empty();
    }

    private Optional<EvaluationSplit> end(Delivery delivery, MinibatchHeaders headers) {
      if (minibatches.size() < headers.batch()) {
        minibatches.clear();
        return Optional.empty();
      }
      EpochEnd end = Json.read(delivery.value(), EpochEnd.class);
      return Optional.of(verify(split, delivery, end, minibatches));
    }
  }

  private static EvaluationSplit verify(
      Split split, Delivery last, EpochEnd end, List<Delivery> deliveries) {
    StreamDescription stream = end.stream();
    EpochDigest digest = EpochDigest.begin(stream.id(), split, end.epoch());
    List<Minibatch> minibatches = new ArrayList<>();
    int classes = stream.dataset().classes().size();
    for (Delivery delivery : deliveries) {
      digest = digest.add(delivery.value());
      minibatches.add(MinibatchCodec.decode(delivery.value(), classes));
    }
    if (end.batches() != minibatches.size() || !end.digest().equals(digest.value())) {
      throw new StreamException(
          "%s ends the split with %d minibatches, digest %s; found %d, %s"
              .formatted(
                  last.where(), end.batches(), end.digest(), minibatches.size(), digest.value()));
    }
    return new EvaluationSplit(stream, List.copyOf(minibatches));
  }

  /**
   * Checks that the heap is large enough for the test split, which is read when training is
   * complete.
   *
   * @param heapBytes the maximum heap of this process
   * @throws StreamException if the heap is too small
   */
  public void requireRoomForTest(long heapBytes) {
    long needed = RESERVED_BYTES + (long) (1.1 * stream.testImages() * Minibatch.IMAGE_BYTES);
    if (needed > heapBytes) {
      throw new StreamException(
          "the %d test images need a heap of %d MB and the trainer has %d; start it with -Xmx%dm, or use fewer test images"
              .formatted(stream.testImages(), needed >> 20, heapBytes >> 20, (needed >> 20) + 1));
    }
  }

  /** Returns the number of images in the split. */
  public int images() {
    return minibatches.stream().mapToInt(Minibatch::size).sum();
  }
}
