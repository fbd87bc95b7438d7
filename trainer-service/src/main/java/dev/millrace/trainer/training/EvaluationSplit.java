package dev.millrace.trainer.training;

import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.MinibatchCodec;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import dev.millrace.trainer.training.MinibatchStream.Delivery;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The validation or the test split, whole and in memory: 15 MB for 5,000 images.
 *
 * @param stream what its epoch-end says of the whole stream
 */
public record EvaluationSplit(StreamDescription stream, List<Minibatch> minibatches) {

  /**
   * Reads a topic from its begin to its epoch-end.
   *
   * @throws StreamException if the records are not exactly those that the epoch-end describes
   */
  public static EvaluationSplit read(Split split, Iterator<Delivery> records) {
    List<Delivery> minibatches = new ArrayList<>();
    while (records.hasNext()) {
      Delivery delivery = records.next();
      MinibatchHeaders headers = delivery.headers();
      if (headers.kind() == Kind.EPOCH_END) {
        return verify(split, delivery, Json.read(delivery.value(), EpochEnd.class), minibatches);
      }
      if (headers.split() != split || headers.batch() > minibatches.size()) {
        throw new StreamException(
            "%s is minibatch %d of split %s; expected minibatch %d of %s"
                .formatted(
                    delivery.where(),
                    headers.batch(),
                    headers.split().wireName(),
                    minibatches.size(),
                    split.wireName()));
      }
      if (headers.batch() == minibatches.size()) {
        minibatches.add(delivery);
      }
    }
    throw new StreamException("%s ended before its epoch-end".formatted(split.topic()));
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
          "%s closes the split with %d minibatches and digest %s; read were %d and %s"
              .formatted(
                  last.where(), end.batches(), end.digest(), minibatches.size(), digest.value()));
    }
    return new EvaluationSplit(stream, List.copyOf(minibatches));
  }

  /** Images in the split. */
  int images() {
    return minibatches.stream().mapToInt(Minibatch::size).sum();
  }
}
