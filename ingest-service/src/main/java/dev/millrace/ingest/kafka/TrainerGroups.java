package dev.millrace.ingest.kafka;

import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.ResendRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;

/**
 * Finds the trainers of the stream by their consumer groups. Every method throws {@link
 * KafkaRetry.KafkaUnavailableException} if the broker does not answer in time.
 */
final class TrainerGroups {
  private static final String LATE =
      "has no checkpoint, and the stream's first records are deleted";
  private static final String STRANGER =
      "reads the stream but is not a trainer; use another group name";

  private final Admin admin;

  TrainerGroups(Admin admin) {
    this.admin = admin;
  }

  /**
   * The consumer groups with the trainers' prefix.
   *
   * @param trainers the trainers whose runs are not complete
   * @param ignored by group: why it does not count as a trainer
   */
  record Found(List<TrainerGroup> trainers, Map<String, String> ignored) {}

  /**
   * Finds the trainers. This takes two requests for any number of groups, and more while a trainer
   * has no checkpoint. Such a trainer is ignored if the first records are deleted and it has not
   * requested them again: no record has to be kept for it.
   *
   * @param partitions of the training topic
   * @param begins returns the first offset of each partition
   */
  Found find(int partitions, Supplier<List<Long>> begins) {
    Map<String, Boolean> present = present();
    if (present.isEmpty()) {
      return new Found(List.of(), Map.of());
    }
    List<TopicPartition> train =
        IntStream.range(0, partitions).mapToObj(MinibatchTopics::train).toList();
    var wanted = new ListConsumerGroupOffsetsSpec().topicPartitions(train);
    Map<String, ListConsumerGroupOffsetsSpec> specs = new HashMap<>();
    present.keySet().forEach(group -> specs.put(group, wanted));
    List<TrainerGroup> trainers = new ArrayList<>();
    List<String> uncommitted = new ArrayList<>();
    MinibatchTopics.await(admin.listConsumerGroupOffsets(specs).all())
        .forEach(
            (group, committed) -> {
              List<OffsetAndMetadata> offsets = train.stream().map(committed::get).toList();
              if (offsets.stream().allMatch(offset -> offset == null)) {
                uncommitted.add(group);
              }
              if (offsets.stream().noneMatch(TrainerGroups::isComplete)) {
                trainers.add(trainer(group, present.get(group), offsets));
              }
            });
    Map<String, String> ignored = new TreeMap<>(strangers(uncommitted));
    if (trainers.stream().anyMatch(TrainerGroups::mayBeLate)) {
      List<Long> firstOffsets = begins.get();
      trainers.stream()
          .filter(TrainerGroups::mayBeLate)
          .filter(trainer -> isLate(trainer, firstOffsets))
          .forEach(trainer -> ignored.putIfAbsent(trainer.name(), LATE));
    }
    trainers.removeIf(trainer -> ignored.containsKey(trainer.name()));
    return new Found(trainers, ignored);
  }

  private static boolean mayBeLate(TrainerGroup trainer) {
    return trainer.offsets().contains(0L);
  }

  private static boolean isLate(TrainerGroup trainer, List<Long> begins) {
    return IntStream.range(0, begins.size())
        .anyMatch(
            partition ->
                trainer.offsets().get(partition) < begins.get(partition)
                    && !trainer.requests().containsKey(partition));
  }

  private Map<String, Boolean> present() {
    Map<String, Boolean> present = new HashMap<>();
    for (GroupListing group :
        MinibatchTopics.await(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())) {
      if (group.groupId().startsWith(Topics.TRAINER_GROUP_PREFIX)) {
        boolean empty = group.groupState().filter(GroupState.EMPTY::equals).isPresent();
        present.put(group.groupId(), !empty);
      }
    }
    return present;
  }

  /** Returns the groups without commits that are not trainers: a trainer commits when it joins. */
  private Map<String, String> strangers(Collection<String> uncommitted) {
    Map<String, String> strangers = new HashMap<>();
    if (!uncommitted.isEmpty()) {
      MinibatchTopics.await(admin.describeConsumerGroups(uncommitted).all())
          .forEach(
              (group, description) -> {
                if (!isTrainer(description)) {
                  strangers.put(group, STRANGER);
                }
              });
    }
    return strangers;
  }

  private static boolean isTrainer(ConsumerGroupDescription group) {
    return group.members().stream()
        .anyMatch(member -> member.groupInstanceId().equals(Optional.of(Topics.TRAINER_MEMBER)));
  }

  private static TrainerGroup trainer(
      String group, boolean present, List<OffsetAndMetadata> committed) {
    Map<Integer, ResendRequest> requests = new HashMap<>();
    List<Long> offsets = new ArrayList<>();
    for (int partition = 0; partition < committed.size(); partition++) {
      OffsetAndMetadata offset = committed.get(partition);
      offsets.add(offset == null ? 0 : offset.offset());
      if (offset != null) {
        int number = partition;
        ResendRequest.of(offset.metadata()).ifPresent(request -> requests.put(number, request));
      }
    }
    return new TrainerGroup(group, present, offsets, requests);
  }

  private static boolean isComplete(OffsetAndMetadata committed) {
    return committed != null && committed.metadata().equals(Topics.TRAINER_COMPLETE);
  }
}
