package dev.millrace.trainer.loop;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.stream.MinibatchStream;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import dev.millrace.trainer.stream.StreamException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Parses the records of the stream. A record that cannot be parsed goes to the dead-letter topic,
 * and the run then stops or continues without it, as the settings say.
 */
final class RecordParser {
  private final MinibatchStream source;
  private final TrainerTelemetry telemetry;
  private final OnMalformed onMalformed;
  private final int classes;

  /**
   * Creates a parser.
   *
   * @param classes number of classes of the dataset
   */
  RecordParser(
      MinibatchStream source, TrainerTelemetry telemetry, OnMalformed onMalformed, int classes) {
    this.source = source;
    this.telemetry = telemetry;
    this.onMalformed = onMalformed;
    this.classes = classes;
  }

  /**
   * Parses the headers of a record.
   *
   * @return empty if the run continues without the record
   * @throws StreamException if they are malformed and the run stops
   */
  Optional<MinibatchHeaders> headers(Delivery delivery) {
    return parse(delivery, delivery::headers);
  }

  /**
   * Parses a minibatch.
   *
   * @return empty if the run continues without the record
   * @throws StreamException if it is malformed and the run stops
   */
  Optional<Minibatch> minibatch(Delivery delivery) {
    return parse(delivery, () -> MinibatchCodec.decode(delivery.value(), classes));
  }

  private <T> Optional<T> parse(Delivery delivery, Supplier<T> content) {
    try {
      return Optional.of(content.get());
    } catch (MalformedException e) {
      reject(delivery, e);
      return Optional.empty();
    }
  }

  private void reject(Delivery delivery, MalformedException e) {
    source.deadLetter(delivery, e.getMessage());
    telemetry.minibatchRejected(delivery.where(), e.getMessage());
    if (onMalformed == OnMalformed.STOP) {
      throw new StreamException(
          "%s cannot be read and was sent to the dead-letter topic: %s; find out who wrote it, or set MILLRACE_TRAINER_ON_MALFORMED=skip to train without it"
              .formatted(delivery.where(), e.getMessage()),
          e);
    }
  }

  /**
   * Parses the end of an epoch. An epoch that cannot be verified is never skipped, whatever the
   * settings say.
   *
   * @throws StreamException if it is malformed or of another schema
   */
  static EpochEnd epochEnd(Delivery delivery) {
    try {
      EpochEnd end = Json.read(delivery.value(), EpochEnd.class);
      if (end.schema() == EpochEnd.SCHEMA) {
        return end;
      }
      throw new StreamException(
          "%s is an epoch-end of schema %d; this trainer reads schema %d; use the same version of ingest and trainer"
              .formatted(delivery.where(), end.schema(), EpochEnd.SCHEMA));
    } catch (MalformedException e) {
      throw new StreamException(
          "%s should end the epoch but cannot be read (%s); start a new run"
              .formatted(delivery.where(), e.getMessage()),
          e);
    }
  }
}
