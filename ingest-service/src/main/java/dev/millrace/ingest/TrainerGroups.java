package dev.millrace.ingest;

import dev.millrace.ingest.stream.TrainerGroup;
import dev.millrace.protocol.ResendRequest;
import dev.millrace.protocol.Topics;
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
 * The trainers of the stream, found by their consumer groups. Every method throws {@link
 * KafkaPatience.BrokerException} if the broker does not answer in time.
 */
final class TrainerGroups {
  private final Admin admin;

  TrainerGroups(Admin admin) {
    this.admin = admin;
  }

  /**
   * The groups with the trainers' prefix.
   *
   * @param trainers those that count; the run of one may be complete no longer
   * @param ignored by group: why it does not count
   */
  record Found(List<TrainerGroup> trainers, Map<String, String> ignored) {}

  /**
   * Finds them in two requests however many there are, and a third for those that have not
   * committed yet: such a trainer is at offset 0, unless the log begins later; then it cannot
   * begin, and asks for the records by itself.
   *
   * @param partitions of the training topic
   * @param begins asks for the first offset of each
   */
  Found find(int partitions, Supplier<List<Long>> begins) {
    Map<String, Boolean> present = present();
    if (present.isEmpty()) {
      return new Found(List.of(), Map.of());
    }
    List<TopicPartition> train = IntStream.range(0, partitions).mapToObj(StreamLog::train).toList();
    var wanted = new ListConsumerGroupOffsetsSpec().topicPartitions(train);
    Map<String, ListConsumerGroupOffsetsSpec> specs = new HashMap<>();
    present.keySet().forEach(group -> specs.put(group, wanted));
    List<TrainerGroup> trainers = new ArrayList<>();
    Map<String, List<OffsetAndMetadata>> uncommitted = new TreeMap<>();
    StreamLog.await(admin.listConsumerGroupOffsets(specs).all())
        .forEach(
            (group, committed) -> {
              List<OffsetAndMetadata> offsets = train.stream().map(committed::get).toList();
              if (offsets.stream().allMatch(offset -> offset == null)) {
                uncommitted.put(group, offsets);
              } else if (offsets.stream().noneMatch(TrainerGroups::isComplete)) {
                trainers.add(trainer(group, present.get(group), offsets));
              }
            });
    Map<String, String> ignored = whyNotCounted(uncommitted.keySet(), begins);
    uncommitted.forEach(
        (group, offsets) -> {
          if (!ignored.containsKey(group)) {
            trainers.add(trainer(group, present.get(group), offsets));
          }
        });
    return new Found(trainers, ignored);
  }

  private Map<String, Boolean> present() {
    Map<String, Boolean> present = new HashMap<>();
    for (GroupListing group :
        StreamLog.await(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())) {
      if (group.groupId().startsWith(Topics.TRAINER_GROUP_PREFIX)) {
        boolean empty = group.groupState().filter(GroupState.EMPTY::equals).isPresent();
        present.put(group.groupId(), !empty);
      }
    }
    return present;
  }

  private Map<String, String> whyNotCounted(
      Collection<String> uncommitted, Supplier<List<Long>> begins) {
    Map<String, String> ignored = new TreeMap<>();
    if (uncommitted.isEmpty()) {
      return ignored;
    }
    boolean beginsLate = begins.get().stream().anyMatch(begin -> begin > 0);
    Map<String, ConsumerGroupDescription> described =
        StreamLog.await(admin.describeConsumerGroups(uncommitted).all());
    for (String group : uncommitted) {
      if (!isTrainer(described.get(group))) {
        ignored.put(group, "reads the stream but is no trainer; use another group name");
      } else if (beginsLate) {
        ignored.put(group, "has no checkpoint, and the stream's first records are deleted");
      }
    }
    return ignored;
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
