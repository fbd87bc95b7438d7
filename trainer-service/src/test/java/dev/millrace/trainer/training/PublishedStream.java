package dev.millrace.trainer.training;

import dev.millrace.protocol.DatasetDescription;
import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.MinibatchCodec;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import dev.millrace.trainer.training.MinibatchStream.Delivery;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small stream of random images as ingest would publish it, record by record. */
final class PublishedStream {
  static final int BATCHES = 5;
  private static final int BATCH_SIZE = 8;
  private static final int LAST_BATCH = 3;
  private static final List<String> CLASSES = List.of("a", "b", "c");

  final StreamDescription description;
  final List<Delivery> records = new ArrayList<>();

  private PublishedStream(long seed) {
    int images = (BATCHES - 1) * BATCH_SIZE + LAST_BATCH;
    description =
        new StreamDescription(
            new DatasetDescription("random", "00", CLASSES, Normalization.CIFAR10),
            "none/1",
            seed,
            BATCH_SIZE,
            "holdout",
            images,
            images,
            images);
  }

  /** Epochs 1 to {@code epochs} of the training split. */
  static PublishedStream train(int epochs) {
    PublishedStream stream = new PublishedStream(0);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      stream.publish(Split.TRAIN, epoch);
    }
    return stream;
  }

  static EvaluationSplit evaluation(Split split) {
    PublishedStream stream = new PublishedStream(0);
    stream.publish(split, 0);
    return EvaluationSplit.read(split, stream.records.iterator());
  }

  private void publish(Split split, int epoch) {
    Random random = new Random(1_000L * split.ordinal() + epoch);
    EpochDigest digest = EpochDigest.begin(description.id(), split, epoch);
    for (int batch = 0; batch < BATCHES; batch++) {
      byte[] value = minibatch(random, batch == BATCHES - 1 ? LAST_BATCH : BATCH_SIZE);
      digest = digest.add(value);
      add(headers(split, epoch, batch, Kind.MINIBATCH), value);
    }
    add(headers(split, epoch, BATCHES, Kind.EPOCH_END), Json.bytes(end(split, epoch, digest)));
  }

  private EpochEnd end(Split split, int epoch, EpochDigest digest) {
    return new EpochEnd(
        EpochEnd.SCHEMA,
        description,
        split,
        epoch,
        BATCHES,
        description.images(split),
        digest.value());
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

  private void add(MinibatchHeaders headers, byte[] value) {
    records.add(
        new Delivery(headers.split().topic(), 0, records.size(), headers.toMap()::get, value));
  }

  /** The record at an offset with another value. */
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

  /** Writes the end of an epoch anew, for the values that the epoch has now. */
  PublishedStream redigest(int epoch) {
    int first = (epoch - 1) * (BATCHES + 1);
    EpochDigest digest = EpochDigest.begin(description.id(), Split.TRAIN, epoch);
    for (int i = first; i < first + BATCHES; i++) {
      digest = digest.add(records.get(i).value());
    }
    return withValue(first + BATCHES, Json.bytes(end(Split.TRAIN, epoch, digest)));
  }

  /** Removes a record; those behind it move up, as if it had never been written. */
  PublishedStream without(int offset) {
    records.remove(offset);
    return renumbered();
  }

  /** Writes a record once more, at another place. */
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
