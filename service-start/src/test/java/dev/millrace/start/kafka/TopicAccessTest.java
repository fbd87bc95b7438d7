package dev.millrace.start.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.start.kafka.TopicAccess.DeniedException;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests against a real broker with an authorizer. */
class TopicAccessTest {
  private static final List<AclOperation> READ = List.of(AclOperation.READ);
  private static final List<AclOperation> WRITE = List.of(AclOperation.WRITE);

  @TempDir private static Path folder;
  private static KafkaBroker broker;
  private static Admin admin;
  private static Admin reader;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = KafkaBroker.startSecured(folder, ServiceProcess.freePort(), "reader");
    admin = broker.admin("admin");
    admin
        .createTopics(
            List.of(
                new NewTopic("open", Optional.of(1), Optional.empty()),
                new NewTopic("closed", Optional.of(1), Optional.empty())))
        .all()
        .get();
    admin.createAcls(List.of(allowed("open", AclOperation.READ))).all().get();
    admin.createAcls(List.of(allowed("new", AclOperation.READ))).all().get();
    reader = broker.admin("reader");
  }

  private static AclBinding allowed(String topic, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
        new AccessControlEntry("User:reader", "*", operation, AclPermissionType.ALLOW));
  }

  @AfterAll
  static void stopBroker() throws Exception {
    reader.close();
    admin.close();
    broker.close();
  }

  @Test
  void acceptsGrantedRights() throws Exception {
    assertThat(new TopicAccess(reader).missing(Map.of("open", READ))).isEmpty();
    assertThat(new TopicAccess(admin).missing(Map.of("open", WRITE, "closed", READ))).isEmpty();
  }

  @Test
  void findsMissingTopics() throws Exception {
    assertThat(new TopicAccess(reader).missing(Map.of("open", READ, "new", READ)))
        .containsExactly("new");
  }

  @Test
  void namesTheTopicOfAMissingRight() {
    assertThatThrownBy(() -> new TopicAccess(reader).missing(Map.of("open", WRITE)))
        .isInstanceOf(DeniedException.class)
        .hasMessageContainingAll("WRITE", "open");
    assertThatThrownBy(() -> new TopicAccess(reader).missing(Map.of("closed", READ)))
        .isInstanceOf(DeniedException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void reportsAWrongPassword() {
    try (Admin stranger = broker.admin("stranger")) {
      assertThatThrownBy(() -> new TopicAccess(stranger).missing(Map.of("open", READ)))
          .isInstanceOf(DeniedException.class)
          .hasMessageContaining("credentials");
    }
  }
}
