package dev.millrace.trainer.kafka;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Passes offsets from the thread that commits and waits to the thread that polls, which sends them
 * until Kafka accepts them. Thread-safe.
 */
final class OffsetCommits {
  private static final Logger LOG = Logger.getLogger(OffsetCommits.class);
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);
  private static final long RETRY_NANOS = Duration.ofMillis(500).toNanos();

  private Map<TopicPartition, OffsetAndMetadata> wanted = Map.of();
  private Map<TopicPartition, OffsetAndMetadata> committed = Map.of();
  private boolean sending;
  private long sendAt;
  private Exception lastError;
  private RuntimeException failure;

  /** Time of the stop request; null before it. */
  private Long stoppedAt;

  /**
   * Waits until Kafka has accepted these offsets, for at most ten minutes.
   *
   * @param wakeUp makes the polling thread call {@link #sendTo} soon
   * @throws IllegalStateException if Kafka does not accept them
   * @throws RuntimeException if the polling has failed: its exception
   */
  synchronized void commit(Map<TopicPartition, OffsetAndMetadata> offsets, Runnable wakeUp) {
    wanted = offsets;
    wakeUp.run();
    long begin = System.nanoTime();
    while (!committed.equals(offsets)) {
      if (failure != null) {
        throw failure;
      }
      long left = Duration.ofNanos(end(begin) - System.nanoTime()).toMillis();
      if (left <= 0) {
        throw new IllegalStateException(
            "Kafka did not accept the offsets %s".formatted(offsets), lastError);
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(
            "interrupted before Kafka accepted the offsets " + offsets, e);
      }
    }
  }

  private long end(long begin) {
    return stoppedAt == null
        ? begin + PATIENCE.toNanos()
        : Math.max(begin, stoppedAt) + STOP_PATIENCE.toNanos();
  }

  /**
   * Limits the wait of a commit to two seconds from now on. The checkpoint contains the same
   * offsets, so the run resumes correctly even if Kafka does not accept them.
   */
  synchronized void stop() {
    stoppedAt = System.nanoTime();
    notifyAll();
  }

  /**
   * Sends offsets that are not committed yet. Only the polling thread calls this method, and only
   * while it is a member of the group.
   */
  void sendTo(Consumer<?, ?> consumer) {
    Map<TopicPartition, OffsetAndMetadata> offsets;
    synchronized (this) {
      if (sending || committed.equals(wanted) || System.nanoTime() < sendAt) {
        return;
      }
      sending = true;
      offsets = wanted;
    }
    consumer.commitAsync(offsets, (sent, e) -> endCommit(offsets, e));
  }

  private synchronized void endCommit(Map<TopicPartition, OffsetAndMetadata> offsets, Exception e) {
    sending = false;
    if (e == null) {
      committed = offsets;
      notifyAll();
    } else {
      if (lastError == null) {
        LOG.warnf("Kafka did not accept the offsets %s: %s; retrying until it does", offsets, e);
      }
      sendAt = System.nanoTime() + RETRY_NANOS;
    }
    lastError = e;
  }

  /** Fails all commits, because the polling has ended. */
  synchronized void fail(RuntimeException e) {
    failure = e;
    notifyAll();
  }
}
