package dev.millrace.inference.serving;

import dev.millrace.inference.serving.Images.PixelType;
import dev.millrace.inference.serving.RequestQueue.Waiting;
import dev.millrace.protocol.run.CheckpointManifest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The requests that one forward pass answers.
 *
 * @param network answers the requests; released afterwards
 * @param cores idle cores when the pass begins, its own included
 */
record Batch(SharedNetwork network, List<Waiting> requests, int cores) {
  int images() {
    return images(requests);
  }

  private static int images(List<Waiting> requests) {
    return requests.stream().mapToInt(Waiting::images).sum();
  }

  /**
   * Runs the forward pass and completes the answers of all requests.
   *
   * @param pixels room for all images as floats, in native byte order
   */
  void answer(ByteBuffer pixels, ServingTelemetry telemetry) {
    try {
      List<Waiting> wanted = requests.stream().filter(this::isStillWanted).toList();
      if (!wanted.isEmpty()) {
        answer(wanted, pixels, telemetry);
      }
    } finally {
      network.release();
    }
  }

  private boolean isStillWanted(Waiting waiting) {
    String serving = network.network().checkpoint().id();
    waiting
        .request
        .checkpoint()
        .filter(wanted -> !wanted.equals(serving))
        .ifPresent(
            wanted ->
                waiting.answer.completeExceptionally(
                    RequestRejectedException.other(wanted, serving)));
    return !waiting.answer.isDone();
  }

  private void answer(List<Waiting> wanted, ByteBuffer pixels, ServingTelemetry telemetry) {
    int images = images(wanted);
    try {
      wanted.forEach(waiting -> waiting.telemetry.forwardBegun());
      long begin = System.nanoTime();
      PixelType type = put(wanted, pixels);
      long filled = System.nanoTime();
      float[][] logits = network.network().logits(pixels, type, images, cores);
      long computed = System.nanoTime();
      CheckpointManifest checkpoint = network.network().checkpoint();
      List<Classification> all =
          Stream.of(logits).map(row -> Classification.of(checkpoint, row)).toList();
      telemetry.batchCompleted(
          new BatchTimes(
              wanted.size(),
              images,
              Duration.ofNanos(filled - begin),
              Duration.ofNanos(computed - filled),
              Duration.ofNanos(System.nanoTime() - computed)));
      Iterator<Classification> answers = all.iterator();
      for (Waiting waiting : wanted) {
        waiting.answer.complete(Stream.generate(answers::next).limit(waiting.images()).toList());
      }
    } catch (Throwable failure) {
      // Any failure, an Error of the engine included, completes the answers of these requests.
      telemetry.batchFailed(images, failure);
      wanted.forEach(waiting -> waiting.answer.completeExceptionally(failure));
    }
  }

  private static PixelType put(List<Waiting> wanted, ByteBuffer pixels) {
    boolean bytes =
        wanted.stream().allMatch(waiting -> waiting.request.images().type() == PixelType.UINT8);
    PixelType type = bytes ? PixelType.UINT8 : PixelType.FLOAT32;
    pixels.clear();
    wanted.forEach(waiting -> waiting.request.images().put(pixels, type));
    pixels.flip();
    return type;
  }
}
