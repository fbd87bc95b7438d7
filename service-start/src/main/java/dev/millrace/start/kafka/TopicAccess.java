package dev.millrace.start.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Checks at the broker whether this client may use the topics that its service needs. A consumer
 * without the right to read would otherwise wait without an error.
 */
public final class TopicAccess {
  private final Admin admin;

  /**
   * Creates a check that uses the given client; the caller closes the client.
   *
   * @param admin a client whose timeouts suit the caller
   */
  public TopicAccess(Admin admin) {
    this.admin = admin;
  }

  /**
   * Checks the topics once.
   *
   * @param needed the operations that the service needs, by topic
   * @return the topics that do not exist yet
   * @throws DeniedException if a right is missing
   * @throws ExecutionException if Kafka does not answer
   */
  public List<String> missing(Map<String, List<AclOperation>> needed)
      throws DeniedException, ExecutionException, InterruptedException {
    var futures =
        admin
            .describeTopics(
                needed.keySet(), new DescribeTopicsOptions().includeAuthorizedOperations(true))
            .topicNameValues();
    List<String> missing = new ArrayList<>();
    for (var topic : futures.entrySet()) {
      try {
        require(topic.getValue().get(), needed.get(topic.getKey()));
      } catch (ExecutionException e) {
        if (e.getCause() instanceof TopicAuthorizationException) {
          throw new DeniedException(
              "Kafka denies access to the topic %s; give this client's principal the rights %s"
                  .formatted(topic.getKey(), needed.get(topic.getKey())));
        }
        Optional<String> denied = KafkaErrors.permanent(e);
        if (denied.isPresent()) {
          throw new DeniedException(denied.get());
        }
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
        missing.add(topic.getKey());
      }
    }
    return missing;
  }

  /**
   * Checks the rights on one topic. A broker without an authorizer reports no operations or all
   * operations.
   */
  private static void require(TopicDescription topic, List<AclOperation> needed)
      throws DeniedException {
    var allowed = topic.authorizedOperations();
    if (allowed == null || allowed.isEmpty() || allowed.contains(AclOperation.ALL)) {
      return;
    }
    for (AclOperation operation : needed) {
      if (!allowed.contains(operation)) {
        throw new DeniedException(
            "Kafka denies %s on the topic %s; give this client's principal the right"
                .formatted(operation, topic.name()));
      }
    }
  }

  /** Thrown if a right is missing; the message names it. */
  public static final class DeniedException extends Exception {
    DeniedException(String message) {
      super(message);
    }
  }
}
