package dev.millrace.trainer.step;

import static dev.millrace.testing.GoldenValues.GOLDEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.testing.GoldenValues.Case;
import dev.millrace.testing.GoldenValues.Evaluation;
import dev.millrace.testing.GoldenValues.Step;
import dev.millrace.testing.GoldenValues.Summary;
import dev.millrace.testing.GoldenValues.Training;
import dev.millrace.trainer.optimizer.Schedule;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares losses, gradients, parameters and velocities with PyTorch's values in {@code
 * reference/golden.json}. The values of PyTorch's own float32 differ from them by at most 2.4e-6
 * for gradients and velocities, and by 1e-7 for parameters ({@code golden.py --check}).
 */
class GoldenTrainingTest {
  private static final double GRADIENT_TOLERANCE = 1e-5;
  private static final double PARAMETER_TOLERANCE = 1e-6;
  private static final double LOSS_TOLERANCE = 1e-6;
  private static final int SHARDS = 4;

  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "cifar100"})
  void computesGradients(String dataset) {
    Case golden = GOLDEN.networks().get(dataset);
    // Without weight decay, the first velocity is the gradient.
    try (TrainingSession session = session(dataset, 0, 0)) {
      TrainingSession.Result result = session.train(golden.minibatch(), 0.01);
      assertResult(result, golden.evaluation());
      assertVelocities(session, golden.gradients());
    }
  }

  /** A step of several records is the same step as that of one minibatch of all their images. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void trainsAndEvaluates(int recordsPerStep) {
    Case golden = GOLDEN.networks().get("cifar10");
    Training training = golden.training();
    Minibatch all = golden.minibatch();
    int batches = training.steps().size() / training.epochs();
    int batchSize = training.batchSize();
    try (TrainingSession session =
        session("cifar10", training.momentum(), training.weightDecay())) {
      for (int i = 0; i < training.steps().size(); i++) {
        Step step = training.steps().get(i);
        double rate = Schedule.ONE_CYCLE.rate(training.peak(), i, batches, training.epochs());
        assertThat(rate).as("rate of step " + i).isCloseTo(step.rate(), within(1e-12));
        int first = i % batches * batchSize;
        Minibatch batch = all.part(first, Math.min(batchSize, all.size() - first));
        assertThat(session.train(records(batch, recordsPerStep), rate).lossSum() / batch.size())
            .as("loss of step " + i)
            .isCloseTo(step.loss(), within(LOSS_TOLERANCE * step.loss()));
      }
      assertVelocities(session, training.velocities());
      Map<String, NDArray> parameters = session.network().parameters();
      assertThat(parameters).hasSameSizeAs(training.parameters());
      training
          .parameters()
          .forEach(
              (name, parameter) ->
                  assertThat(parameter.deviation(parameters.get(name).toFloatArray()))
                      .as(name)
                      .isLessThan(PARAMETER_TOLERANCE));
      assertResult(session.evaluate(all), training.evaluation());
    }
  }

  private static List<Minibatch> records(Minibatch batch, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              int first = i * batch.size() / count;
              return batch.part(first, (i + 1) * batch.size() / count - first);
            })
        .filter(record -> record.size() > 0)
        .toList();
  }

  private static TrainingSession session(String dataset, double momentum, double weightDecay) {
    Case drawn = GOLDEN.networks().get(dataset);
    Network network =
        Network.load(
            new TinyImageNet(),
            drawn.classes(),
            GOLDEN.normalization().get(dataset).normalization(),
            drawn.weights(),
            Device.cpu());
    return new TrainingSession(network, momentum, weightDecay, SHARDS);
  }

  private static void assertResult(TrainingSession.Result result, Evaluation golden) {
    assertThat(result.lossSum() / result.images())
        .as("loss")
        .isCloseTo(golden.loss(), within(LOSS_TOLERANCE * golden.loss()));
    assertThat(result.correct()).as("correct images").isEqualTo(golden.correct());
  }

  private static void assertVelocities(TrainingSession session, Map<String, Summary> golden) {
    Safetensors state = Safetensors.read(ByteBuffer.wrap(session.optimizerState()));
    assertThat(state.tensors()).hasSameSizeAs(golden);
    golden.forEach(
        (name, velocity) ->
            assertThat(velocity.deviation(state.tensor(name).floats()))
                .as(name)
                .isLessThan(GRADIENT_TOLERANCE));
  }
}
