package dev.millrace.start.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.Test;

class KafkaErrorsTest {
  @Test
  void explainsPermanentErrors() {
    assertThat(KafkaErrors.permanent(new TopicAuthorizationException(Set.of("millrace.metrics"))))
        .hasValueSatisfying(line -> assertThat(line).contains("millrace.metrics", "right"));
    assertThat(KafkaErrors.permanent(GroupAuthorizationException.forGroupId("millrace.ingest")))
        .hasValueSatisfying(line -> assertThat(line).contains("group millrace.ingest"));
    assertThat(KafkaErrors.permanent(new SaslAuthenticationException("bad password")))
        .hasValueSatisfying(line -> assertThat(line).contains("bad password", "KAFKA_SASL_"));
    assertThat(KafkaErrors.permanent(new SslAuthenticationException("no trust"))).isPresent();
    assertThat(KafkaErrors.permanent(new UnsupportedVersionException("old"))).isPresent();
    assertThat(KafkaErrors.permanent(new PolicyViolationException("no"))).isPresent();
    assertThat(KafkaErrors.permanent(new InvalidConfigurationException("16 MiB is too much")))
        .hasValueSatisfying(line -> assertThat(line).contains("16 MiB is too much"));
  }

  @Test
  void findsADeepCause() {
    Exception wrapped =
        new ExecutionException(new KafkaException(new SaslAuthenticationException("wrong")));

    assertThat(KafkaErrors.permanent(wrapped)).isPresent();
  }

  @Test
  void explainsADamagedLog() {
    KafkaException damaged =
        new KafkaException(
            "Received exception when fetching the next record from t-0. If needed, please seek past the record to continue consumption.",
            new CorruptRecordException("Record size 12 is less than the minimum"));

    assertThat(KafkaErrors.permanent(damaged))
        .hasValueSatisfying(line -> assertThat(line).contains("t-0", "delete the topic"));
  }

  @Test
  void transientErrorsAreNotPermanent() {
    assertThat(KafkaErrors.permanent(new TimeoutException("late"))).isEmpty();
    assertThat(KafkaErrors.permanent(new DisconnectException())).isEmpty();
    assertThat(KafkaErrors.permanent(new NotLeaderOrFollowerException("moved"))).isEmpty();
    assertThat(KafkaErrors.permanent(new IllegalStateException())).isEmpty();
  }
}
