package dev.millrace.trainer.kafka;

import dev.millrace.protocol.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jboss.logging.Logger;

/**
 * Finds out, from consumer groups, what ingest and other trainers do while no record arrives. One
 * thread asks Kafka; any thread may call {@link #state()}.
 */
public final class IngestWatch {
  private static final Logger LOG = Logger.getLogger(IngestWatch.class);
  private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();

  private final Admin admin;
  private final String ownGroup;
  private volatile String state = "";
  private OptionalInt completeAfter = OptionalInt.empty();
  private OptionalInt maxAhead = OptionalInt.empty();
  private long refreshAt = System.nanoTime() + PAUSE_NANOS;

  /**
   * Creates a watch.
   *
   * @param admin a client with short timeouts; the caller closes it
   * @param ownGroup the consumer group of this trainer
   */
  public IngestWatch(Admin admin, String ownGroup) {
    this.admin = admin;
    this.ownGroup = ownGroup;
  }

  /**
   * Returns why ingest publishes nothing, as far as is known: a text that begins with a semicolon,
   * or an empty one.
   */
  String state() {
    return state;
  }

  /**
   * Asks Kafka for the last epoch that ingest publishes, at most every five seconds.
   *
   * @return the last epoch, if ingest runs and has published it
   */
  OptionalInt completeAfter() {
    if (System.nanoTime() - refreshAt >= 0) {
      refreshAt = System.nanoTime() + PAUSE_NANOS;
      refresh();
    }
    return completeAfter;
  }

  /**
   * Returns how many minibatches ingest publishes at most ahead of a checkpoint, as of the last
   * question; empty if it is not known or ingest has published everything.
   */
  OptionalInt maxAhead() {
    return maxAhead;
  }

  private void refresh() {
    completeAfter = OptionalInt.empty();
    maxAhead = OptionalInt.empty();
    try {
      if (!ingestRuns()) {
        state =
            "; no ingest process publishes on this Kafka yet (group %s has no members)"
                .formatted(Topics.INGEST_GROUP);
        return;
      }
      Collection<OffsetAndMetadata> committed = committed();
      completeAfter = number(Topics.INGEST_COMPLETE, committed);
      maxAhead = number(Topics.INGEST_MAX_AHEAD, committed);
      state =
          completeAfter.isPresent()
              ? "; ingest has ended with epoch " + completeAfter.getAsInt()
              : "";
    } catch (ExecutionException | KafkaException e) {
      state = "; Kafka does not answer: " + (e.getCause() == null ? e : e.getCause()).getMessage();
      LOG.debug("cannot ask Kafka about ingest", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean ingestRuns() throws ExecutionException, InterruptedException {
    try {
      ConsumerGroupDescription group =
          admin
              .describeConsumerGroups(List.of(Topics.INGEST_GROUP))
              .describedGroups()
              .get(Topics.INGEST_GROUP)
              .get();
      return !group.members().isEmpty();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return false;
      }
      throw e;
    }
  }

  private Collection<OffsetAndMetadata> committed()
      throws ExecutionException, InterruptedException {
    return admin
        .listConsumerGroupOffsets(Topics.INGEST_GROUP)
        .partitionsToOffsetAndMetadata()
        .get()
        .values();
  }

  /**
   * Returns the number behind a prefix if the metadata of all partitions begins with it. Each
   * partition is published by one process.
   */
  private static OptionalInt number(String prefix, Collection<OffsetAndMetadata> committed) {
    OptionalInt number = OptionalInt.empty();
    for (OffsetAndMetadata partition : committed) {
      if (partition == null || !partition.metadata().startsWith(prefix)) {
        return OptionalInt.empty();
      }
      number = OptionalInt.of(Integer.parseInt(partition.metadata().substring(prefix.length())));
    }
    return number;
  }

  /** Returns the consumer groups of other trainers that run at present. */
  List<String> otherTrainers() throws ExecutionException, InterruptedException {
    return admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream()
        .filter(group -> group.groupId().startsWith(Topics.TRAINER_GROUP_PREFIX))
        .filter(group -> !group.groupId().equals(ownGroup))
        .filter(group -> group.groupState().filter(GroupState.EMPTY::equals).isEmpty())
        .map(GroupListing::groupId)
        .sorted()
        .toList();
  }
}
