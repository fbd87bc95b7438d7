package dev.millrace.protocol.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResendRequestTest {
  @Test
  void readsARequestFromItsMetadata() {
    ResendRequest request = new ResendRequest(3, 17, 616);

    assertThat(request.metadata()).isEqualTo("resend=3/17@616");
    assertThat(ResendRequest.of(request.metadata())).contains(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "complete", "resend=3/17", "resend=3/-1@5", "resend=99999999999/0@0", "x"})
  void otherMetadataIsNotARequest(String metadata) {
    assertThat(ResendRequest.of(metadata)).isEmpty();
  }

  @Test
  void ordersRequestsByPosition() {
    ResendRequest first = new ResendRequest(3, 17, 900);

    assertThat(first.isBefore(new ResendRequest(3, 18, 0))).isTrue();
    assertThat(first.isBefore(new ResendRequest(4, 0, 0))).isTrue();
    assertThat(first.isBefore(new ResendRequest(3, 17, 0))).isFalse();
    assertThat(first.isBefore(new ResendRequest(2, 99, 0))).isFalse();
  }
}
