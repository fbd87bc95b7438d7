package dev.millrace.trainer.loop;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.DatasetDescription;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A small stream of random images as ingest would publish it, record by record. The records are in
 * the order of the stream, whatever their partition.
 */
public final class PublishedStream {
  static final int BATCHES = 5;
  private static final int BATCH_SIZE = 8;
  private static final int LAST_BATCH = 3;
  private static final List<String> CLASSES = List.of("a", "b", "c");

  final StreamDescription description;
  public final List<Delivery> records = new ArrayList<>();

  private PublishedStream(int partitions) {
    int images = (BATCHES - 1) * BATCH_SIZE + LAST_BATCH;
    description =
        new StreamDescription(
            new DatasetDescription("random", "00", CLASSES, Normalization.CIFAR10),
            "none/1",
            0,
            BATCH_SIZE,
            "holdout",
            images,
            images,
            images,
            partitions);
  }

  /** Returns epochs 1 to {@code epochs} of the training split. */
  public static PublishedStream train(int epochs) {
    return train(epochs, 1);
  }

  public static PublishedStream train(int epochs, int partitions) {
    PublishedStream stream = new PublishedStream(partitions);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      stream.publish(Split.TRAIN, epoch);
    }
    return stream;
  }

  public EvaluationSplit evaluation(Split split) {
    PublishedStream stream = new PublishedStream(description.partitions());
    stream.publish(split, 0);
    return EvaluationSplit.read(split, stream.records.iterator());
  }

  private void publish(Split split, int epoch) {
    Random random = new Random(1_000L * split.ordinal() + epoch);
    int partitions = split == Split.TRAIN ? description.partitions() : 1;
    EpochDigest[] digests = new EpochDigest[partitions];
    Arrays.fill(digests, EpochDigest.begin(description.id(), split, epoch));
    for (int batch = 0; batch < BATCHES; batch++) {
      byte[] value = minibatch(random, batch == BATCHES - 1 ? LAST_BATCH : BATCH_SIZE);
      int partition = batch % partitions;
      digests[partition] = digests[partition].add(value);
      add(partition, headers(split, epoch, batch, Kind.MINIBATCH), value);
    }
    for (int partition = 0; partition < partitions; partition++) {
      EpochEnd end = EpochEnd.of(description, split, epoch, partition, digests[partition]);
      add(partition, headers(split, epoch, BATCHES, Kind.EPOCH_END), Json.bytes(end));
    }
  }

  private static byte[] minibatch(Random random, int size) {
    byte[] pixels = new byte[size * Minibatch.IMAGE_BYTES];
    random.nextBytes(pixels);
    long[] labels = random.longs(size, 0, CLASSES.size()).toArray();
    return MinibatchCodec.encode(new Minibatch(ByteBuffer.wrap(pixels), labels));
  }

  private MinibatchHeaders headers(Split split, int epoch, int batch, Kind kind) {
    return new MinibatchHeaders(description.id(), split, epoch, batch, kind);
  }

  private void add(int partition, MinibatchHeaders headers, byte[] value) {
    long offset = records.stream().filter(record -> record.partition() == partition).count();
    records.add(
        new Delivery(headers.split().topic(), partition, offset, headers.toMap()::get, value));
  }

  /**
   * Replaces the value of the record at an offset. This method and the following ones are for one
   * partition.
   */
  PublishedStream withValue(int offset, byte[] value) {
    Delivery old = records.get(offset);
    records.set(offset, new Delivery(old.topic(), 0, offset, old.header(), value));
    return this;
  }

  PublishedStream withHeaders(int offset, MinibatchHeaders headers) {
    Delivery old = records.get(offset);
    records.set(offset, new Delivery(old.topic(), 0, offset, headers.toMap()::get, old.value()));
    return this;
  }

  PublishedStream withoutHeaders(int offset) {
    Delivery old = records.get(offset);
    records.set(offset, new Delivery(old.topic(), 0, offset, name -> null, old.value()));
    return this;
  }

  /** Replaces the end of an epoch by one that matches the current values of the epoch. */
  PublishedStream redigest(int epoch) {
    int first = (epoch - 1) * (BATCHES + 1);
    EpochDigest digest = EpochDigest.begin(description.id(), Split.TRAIN, epoch);
    for (int i = first; i < first + BATCHES; i++) {
      digest = digest.add(records.get(i).value());
    }
    EpochEnd end = EpochEnd.of(description, Split.TRAIN, epoch, 0, digest);
    return withValue(first + BATCHES, Json.bytes(end));
  }

  /** Removes a record and moves later records up, as if the record had never been written. */
  PublishedStream without(int offset) {
    records.remove(offset);
    return renumbered();
  }

  /** Inserts a copy of a record at another position. */
  PublishedStream repeated(int offset, int at) {
    records.add(at, records.get(offset));
    return renumbered();
  }

  PublishedStream swapped(int offset) {
    records.add(offset, records.remove(offset + 1));
    return renumbered();
  }

  private PublishedStream renumbered() {
    for (int i = 0; i < records.size(); i++) {
      Delivery old = records.get(i);
      records.set(i, new Delivery(old.topic(), 0, i, old.header(), old.value()));
    }
    return this;
  }
}
