package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Split;
import dev.millrace.trainer.loop.StreamException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;

/**
 * Reads the training topic on a thread of its own, each partition a few records ahead. One that is
 * far enough ahead is paused: if another lags, because its ingest replica is down, say, the records
 * of the rest stay on Kafka and do not fill the memory. One thread takes records and commits;
 * {@link #stop()} and {@link #close()} may be called by any.
 */
final class PartitionReader implements ConsumerRebalanceListener, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(PartitionReader.class);
  private static final int AHEAD = 8;
  private static final Duration POLL = Duration.ofSeconds(1);

  private final Consumer<byte[], byte[]> consumer;
  private final Thread thread = new Thread(this::run, "minibatches");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Lane> lanes = new HashMap<>();
  private final OffsetCommits commits = new OffsetCommits();
  private boolean stopped;
  private boolean closed;
  private RuntimeException failure;

  /** What was read of a partition and not taken yet. */
  private static final class Lane {
    private final Deque<ConsumerRecord<byte[], byte[]>> records = new ArrayDeque<>();

    /** Of the record to take next; 0 at the beginning of a run. */
    private long position;

    /** Where reading goes on behind records that are gone; null if none are. */
    private Long lostBefore;
  }

  /**
   * @param nextOffsets by partition; those that are not named begin at offset 0
   */
  PartitionReader(Consumer<byte[], byte[]> consumer, Map<Integer, Long> nextOffsets) {
    this.consumer = consumer;
    nextOffsets.forEach((partition, offset) -> lane(partition).position = offset);
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  private Lane lane(int partition) {
    return lanes.computeIfAbsent(partition, none -> new Lane());
  }

  /**
   * Waits until {@link #next} would return or throw at once.
   *
   * @return false if nothing came in that time
   */
  boolean await(int partition, Duration patience) {
    lock.lock();
    try {
      Lane lane = lane(partition);
      long left = patience.toNanos();
      while (!stopped && failure == null && lane.records.isEmpty()) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells once where reading goes on after records of a partition were deleted before they were
   * read.
   */
  OptionalLong lostBefore(int partition) {
    lock.lock();
    try {
      Lane lane = lane(partition);
      Long from = lane.lostBefore;
      lane.lostBefore = null;
      return from == null ? OptionalLong.empty() : OptionalLong.of(from);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a partition's next record.
   *
   * @return null after {@link #stop()}
   * @throws RuntimeException that ended the reading; records that were read before are not trained
   *     then, for another process may already train them
   */
  ConsumerRecord<byte[], byte[]> next(int partition) {
    ConsumerRecord<byte[], byte[]> record;
    boolean more;
    lock.lock();
    try {
      Lane lane = lane(partition);
      while (!stopped && failure == null && lane.records.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      if (stopped) {
        return null;
      }
      if (failure != null) {
        throw failure;
      }
      record = lane.records.remove();
      lane.position = record.offset() + 1;
      more = lane.records.size() == AHEAD / 2;
    } finally {
      lock.unlock();
    }
    if (more) {
      consumer.wakeup();
    }
    return record;
  }

  /** Waits until Kafka has these offsets; see {@link OffsetCommits#commit}. */
  void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    commits.commit(offsets, consumer::wakeup);
  }

  /** Ends the waiting for records; offsets can still be committed if Kafka answers soon. */
  void stop() {
    commits.stop();
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try (consumer) {
      consumer.subscribe(List.of(Split.TRAIN.topic()), this);
      while (!isClosed()) {
        poll();
      }
      fail(new IllegalStateException("the reading was closed"));
    } catch (FencedInstanceIdException e) {
      fail(
          new StreamException(
              "another trainer trains this run since now, and this one stops; give each its own"
                  + " MILLRACE_TRAINER_RUN",
              e));
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException("reading from Kafka ended: " + e, e));
      throw e;
    }
  }

  private void fail(RuntimeException e) {
    commits.fail(e);
    lock.lock();
    try {
      failure = e;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void poll() {
    // Before this process is in the group, a commit would be refused.
    if (!consumer.assignment().isEmpty()) {
      commits.sendTo(consumer);
    }
    pauseAndResume();
    try {
      fetch();
    } catch (WakeupException e) {
      LOG.trace("woken up for more records or a commit", e);
    }
  }

  private void fetch() {
    try {
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      consumer.poll(POLL).forEach(records::add);
      lock.lock();
      try {
        records.forEach(record -> lane(record.partition()).records.add(record));
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (OffsetOutOfRangeException e) {
      goOnBehindLost(e.offsetOutOfRangePartitions());
    }
  }

  /**
   * Records were deleted, or the topic was created again: goes on with the first that are there.
   */
  private void goOnBehindLost(Map<TopicPartition, Long> positions) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet());
    lock.lock();
    try {
      begins.forEach(
          (partition, begin) -> {
            LOG.warnf(
                "%s: offset %d is not there; the log begins at %d",
                partition, positions.get(partition), begin);
            Lane lane = lane(partition.partition());
            lane.records.clear();
            lane.position = begin;
            lane.lostBefore = begin;
            consumer.seek(partition, begin);
          });
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pauseAndResume() {
    List<TopicPartition> enough = new ArrayList<>();
    List<TopicPartition> more = new ArrayList<>();
    lock.lock();
    try {
      for (TopicPartition partition : consumer.assignment()) {
        int ahead = lane(partition.partition()).records.size();
        if (ahead >= AHEAD) {
          enough.add(partition);
        } else if (ahead <= AHEAD / 2) {
          more.add(partition);
        }
      }
    } finally {
      lock.unlock();
    }
    consumer.pause(enough);
    consumer.resume(more);
  }

  /** What was read ahead is read again: another process may have had the partitions meanwhile. */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    lock.lock();
    try {
      for (TopicPartition partition : partitions) {
        Lane lane = lane(partition.partition());
        lane.records.clear();
        consumer.seek(partition, lane.position);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    // What was read may still be taken; offsets are committed by checkpoints alone.
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    consumer.wakeup();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
