package dev.millrace.start.kafka;

import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Distinguishes permanent Kafka errors, which an operator must fix, from transient ones. */
public final class KafkaErrors {
  private KafkaErrors() {}

  /**
   * Explains an error that a retry cannot fix: denied rights, wrong credentials, a broker that is
   * too old or that rejects the request because of a policy.
   *
   * @return one sentence with the remedy; empty for transient errors, such as an unavailable broker
   */
  public static Optional<String> permanent(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Optional<String> sentence = sentence(cause);
      if (sentence.isPresent()) {
        return sentence;
      }
    }
    return Optional.empty();
  }

  /**
   * Returns whether the error is a record that cannot be read. Kafka has no exception class for
   * this; the message tells consumers to seek past the record.
   */
  private static boolean isDamage(Throwable error) {
    return error.getClass() == KafkaException.class
        && error.getMessage() != null
        && error.getMessage().contains("seek past the record");
  }

  private static Optional<String> sentence(Throwable error) {
    if (error instanceof TopicAuthorizationException denied) {
      return Optional.of(
          "Kafka denies access to the topics %s (%s); give this client's principal the right"
              .formatted(denied.unauthorizedTopics(), error.getMessage()));
    }
    if (error instanceof GroupAuthorizationException denied) {
      return Optional.of(
          "Kafka denies access to the consumer group %s; give this client's principal the right"
              .formatted(denied.groupId()));
    }
    if (error instanceof AuthorizationException || error instanceof SecurityDisabledException) {
      return Optional.of(
          "Kafka denies access (%s); give this client's principal the right"
              .formatted(error.getMessage()));
    }
    if (error instanceof AuthenticationException) {
      return Optional.of(
          "Kafka does not accept this client's credentials (%s); check KAFKA_SECURITY_PROTOCOL and KAFKA_SASL_… or KAFKA_SSL_…"
              .formatted(error.getMessage()));
    }
    if (error instanceof UnsupportedVersionException) {
      return Optional.of(
          "this Kafka is too old (%s); Millrace needs brokers of version 2.4 or newer"
              .formatted(error.getMessage()));
    }
    if (isDamage(error)) {
      return Optional.of(
          "a partition's log is damaged on the broker's disk (%s); delete the topic, or, in the home of a stopped launcher, the partition's folder below kafka: ingest publishes it again"
              .formatted(error.getMessage()));
    }
    if (error instanceof PolicyViolationException
        || error instanceof InvalidTopicException
        || error instanceof InvalidConfigurationException) {
      return Optional.of("Kafka refuses a topic: " + error.getMessage());
    }
    return Optional.empty();
  }
}
