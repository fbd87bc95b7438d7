package dev.millrace.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.inference.serving.RequestRejectedException.Kind;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;

/** A classifier for {@link GatedNetwork}s, which remembers the sizes of its batches. */
final class GatedClassifier implements AutoCloseable {
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final CountingTelemetry telemetry =
      new CountingTelemetry() {
        @Override
        public void batchCompleted(BatchTimes pass) {
          batches.add(pass.images());
        }
      };
  private final Classifier classifier;

  GatedClassifier(BatchLimits limits) {
    classifier = new Classifier(limits, telemetry);
  }

  Classifier classifier() {
    return classifier;
  }

  /** In images, as they were computed. */
  List<Integer> batches() {
    return batches;
  }

  CountingTelemetry telemetry() {
    return telemetry;
  }

  GatedNetwork serve(GatedNetwork network) {
    classifier.replace(network);
    return network;
  }

  /** An image of class 0 on which the network's pass waits, so that what comes now queues. */
  CompletableFuture<List<Classification>> holdAt(GatedNetwork network) {
    network.hold();
    CompletableFuture<List<Classification>> running = classify(GatedNetwork.image(0));
    network.awaitEntered();
    return running;
  }

  CompletableFuture<List<Classification>> classify(byte[] pixels) {
    return classifier.classify(ClassificationRequest.of(Images.of(pixels)));
  }

  CompletableFuture<List<Classification>> classifyBy(String checkpoint, byte[] pixels) {
    return classifier.classify(
        new ClassificationRequest(Images.of(pixels), Optional.of(checkpoint), Optional.empty()));
  }

  @Override
  public void close() throws InterruptedException {
    classifier.close();
  }

  static List<Integer> labels(CompletableFuture<List<Classification>> answer) {
    return answer.join().stream().map(image -> image.top(1).get(0).index()).toList();
  }

  static Classification join(CompletableFuture<List<Classification>> answer) {
    List<Classification> images = answer.join();
    assertThat(images).hasSize(1);
    return images.get(0);
  }

  static void assertNotServing(CompletableFuture<List<Classification>> answer, Kind kind) {
    assertThatThrownBy(() -> join(answer))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            RequestRejectedException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }
}
