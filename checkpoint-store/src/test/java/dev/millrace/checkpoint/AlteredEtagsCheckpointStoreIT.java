package dev.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.ConditionalPuts;
import dev.millrace.store.MinioObjectStore;
import dev.millrace.store.ObjectStore;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests checkpoints on stores and proxies whose ETags fail every condition. */
class AlteredEtagsCheckpointStoreIT {
  private abstract static class Altered extends CheckpointStoreContract {
    private final UnaryOperator<Optional<String>> altered;
    private AlteredEtags server;
    private MinioObjectStore client;

    Altered(UnaryOperator<Optional<String>> altered) {
      this.altered = altered;
    }

    @Override
    ObjectStore emptyStore() throws Exception {
      server = new AlteredEtags(altered);
      client = server.client();
      return client;
    }

    @AfterEach
    void stop() throws Exception {
      client.close();
      server.close();
    }
  }

  @Nested
  class WithoutEtags extends Altered {
    WithoutEtags() {
      super(AlteredEtags.none());
    }
  }

  @Nested
  class WithEtagsOfTheCompressedForm extends Altered {
    WithEtagsOfTheCompressedForm() {
      super(AlteredEtags.compressed());
    }
  }

  static Stream<UnaryOperator<Optional<String>>> others() {
    return Stream.of(AlteredEtags.weak(), AlteredEtags.otherEachTime());
  }

  @ParameterizedTest
  @MethodSource("others")
  void bestIsUpdatedWithWeakOrChangingEtags(UnaryOperator<Optional<String>> altered)
      throws Exception {
    try (AlteredEtags server = new AlteredEtags(altered);
        MinioObjectStore objects = server.client()) {
      CheckpointStore store = new CheckpointStore(objects);
      assertThat(store.offerBest(CheckpointStoreContract.best(1, .5))).isTrue();
      assertThat(store.offerBest(CheckpointStoreContract.best(2, .4))).isFalse();
      assertThat(store.offerBest(CheckpointStoreContract.best(3, .6))).isTrue();
      assertThat(store.best("r")).contains(CheckpointStoreContract.best(3, .6));
      ConditionalPuts.require(objects, "r");
    }
  }
}
