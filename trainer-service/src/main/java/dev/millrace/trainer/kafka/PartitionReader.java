package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Split;
import dev.millrace.trainer.stream.StreamException;
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
 * Reads the training topic on its own thread and buffers a few records of each partition. A
 * partition with enough buffered records is paused. If another partition lags, for example because
 * its ingest replica is down, the records of the other partitions stay in Kafka and do not fill the
 * memory. One thread takes records and commits; any thread may call {@link #stop()} and {@link
 * #close()}.
 */
final class PartitionReader implements ConsumerRebalanceListener, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(PartitionReader.class);
  private static final int AHEAD = 8;
  private static final Duration POLL = Duration.ofSeconds(1);

  private final Consumer<byte[], byte[]> consumer;
  private final Thread thread = new Thread(this::run, "minibatches");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Buffer> buffers = new HashMap<>();
  private final OffsetCommits commits = new OffsetCommits();
  private boolean stopped;
  private boolean closed;
  private RuntimeException failure;

  /** The buffered records of a partition. */
  private static final class Buffer {
    private final Deque<ConsumerRecord<byte[], byte[]>> records = new ArrayDeque<>();

    /** Offset of the next record to take; 0 at the beginning of a run. */
    private long position;

    /** Offset at which reading continues after deleted records; null if none were deleted. */
    private Long lostBefore;
  }

  /**
   * Creates a reader.
   *
   * @param nextOffsets the offset to begin at, by partition; 0 for partitions that are not in the
   *     map
   */
  PartitionReader(Consumer<byte[], byte[]> consumer, Map<Integer, Long> nextOffsets) {
    this.consumer = consumer;
    nextOffsets.forEach((partition, offset) -> buffer(partition).position = offset);
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  private Buffer buffer(int partition) {
    return buffers.computeIfAbsent(partition, none -> new Buffer());
  }

  /**
   * Waits until {@link #next} would return or throw without waiting.
   *
   * @return false if no record arrived in that time
   */
  boolean await(int partition, Duration patience) {
    lock.lock();
    try {
      Buffer buffer = buffer(partition);
      long left = patience.toNanos();
      while (!stopped && failure == null && buffer.records.isEmpty()) {
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
   * Returns, once, where reading continues after records of a partition were deleted before they
   * were read.
   */
  OptionalLong lostBefore(int partition) {
    lock.lock();
    try {
      Buffer buffer = buffer(partition);
      Long from = buffer.lostBefore;
      buffer.lostBefore = null;
      return from == null ? OptionalLong.empty() : OptionalLong.of(from);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next record of a partition.
   *
   * @return the record, or null after {@link #stop()}
   * @throws RuntimeException if the reading has failed: its exception. Buffered records are then
   *     not trained, because another process may already train them
   */
  ConsumerRecord<byte[], byte[]> next(int partition) {
    ConsumerRecord<byte[], byte[]> record;
    boolean more;
    lock.lock();
    try {
      Buffer buffer = buffer(partition);
      while (!stopped && failure == null && buffer.records.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      if (stopped) {
        return null;
      }
      if (failure != null) {
        throw failure;
      }
      record = buffer.records.remove();
      buffer.position = record.offset() + 1;
      more = buffer.records.size() == AHEAD / 2;
    } finally {
      lock.unlock();
    }
    if (more) {
      consumer.wakeup();
    }
    return record;
  }

  /** Waits until Kafka has accepted these offsets; see {@link OffsetCommits#commit}. */
  void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    commits.commit(offsets, consumer::wakeup);
  }

  /** Ends all waits for records. Offsets can still be committed if Kafka answers soon. */
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
      fail(new IllegalStateException("the reader was closed"));
    } catch (FencedInstanceIdException e) {
      fail(
          new StreamException(
              "another trainer has taken over this run; this process is stopping; give each trainer"
                  + " its own MILLRACE_TRAINER_RUN",
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
    // Kafka refuses a commit before this process is a member of the group.
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
        records.forEach(record -> buffer(record.partition()).records.add(record));
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } catch (OffsetOutOfRangeException e) {
      skipLostRecords(e.offsetOutOfRangePartitions());
    }
  }

  /**
   * Continues with the first available records after records were deleted or the topic was created
   * again.
   */
  private void skipLostRecords(Map<TopicPartition, Long> positions) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet());
    lock.lock();
    try {
      begins.forEach(
          (partition, begin) -> {
            LOG.warnf(
                "%s: offset %d is not available; the log begins at %d",
                partition, positions.get(partition), begin);
            Buffer buffer = buffer(partition.partition());
            buffer.records.clear();
            buffer.position = begin;
            buffer.lostBefore = begin;
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
        int ahead = buffer(partition.partition()).records.size();
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

  /**
   * Discards the buffered records and reads them again, because another process may have owned the
   * partitions meanwhile.
   */
  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    lock.lock();
    try {
      for (TopicPartition partition : partitions) {
        Buffer buffer = buffer(partition.partition());
        buffer.records.clear();
        consumer.seek(partition, buffer.position);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    // Buffered records may still be taken; only checkpoints commit offsets.
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
