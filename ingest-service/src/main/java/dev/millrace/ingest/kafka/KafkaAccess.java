package dev.millrace.ingest.kafka;

import java.util.function.Supplier;

/**
 * The ways in which ingest uses Kafka, for one thread.
 *
 * @param retry repeats calls that fail for the time being
 * @param topics creates, reads and trims the topics
 * @param lease decides which partitions this process publishes to
 * @param producer sends records
 */
public record KafkaAccess(
    KafkaRetry retry, MinibatchTopics topics, PublisherLease lease, MinibatchProducer producer) {

  /** See {@link KafkaRetry#retry(Supplier)}. */
  <T> T retry(Supplier<T> call) throws InterruptedException {
    return retry.retry(call);
  }

  /** See {@link KafkaRetry#retry(Supplier)}. */
  void retry(Runnable call) throws InterruptedException {
    retry.retry(call);
  }
}
