package dev.millrace.inference.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeferredListenerTest {
  private final List<String> events = new ArrayList<>();
  private final ServerCall.Listener<String> started =
      new ServerCall.Listener<>() {
        @Override
        public void onMessage(String message) {
          events.add(message);
        }

        @Override
        public void onHalfClose() {
          events.add("half-close");
        }

        @Override
        public void onCancel() {
          events.add("cancel");
        }
      };

  @Test
  void eventsBeforeTheStartArePassedOnAtTheStart() {
    DeferredListener<String> listener = new DeferredListener<>();
    listener.onReady();
    listener.onHalfClose();
    listener.onCancel();
    assertThat(events).isEmpty();
    listener.start(started);
    assertThat(events).containsExactly("half-close", "cancel");
  }

  @Test
  void eventsAfterTheStartArePassedOnAtOnce() {
    DeferredListener<String> listener = new DeferredListener<>();
    listener.start(started);
    listener.onMessage("message");
    listener.onHalfClose();
    assertThat(events).containsExactly("message", "half-close");
  }
}
