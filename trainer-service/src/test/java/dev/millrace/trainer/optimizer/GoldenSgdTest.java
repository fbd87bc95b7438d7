package dev.millrace.trainer.optimizer;

import static dev.millrace.testing.GoldenValues.GOLDEN;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.PyTorch;
import dev.millrace.testing.GoldenDraws;
import dev.millrace.testing.GoldenValues.Optimizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Compares both SGD implementations with values of {@code torch.optim.SGD} in {@code
 * reference/golden.json}.
 */
class GoldenSgdTest {
  private static final double TOLERANCE = 1e-6;
  private final Optimizer golden = GOLDEN.optimizer();

  private interface Form {
    SgdOptimizer.Update of(NDArray w, NDArray v, double momentum, double weightDecay);
  }

  @Test
  void fusedUpdateAgreesWithPyTorch() {
    assertAgrees(FusedSgd::new);
  }

  @Test
  void engineUpdateAgreesWithPyTorch() {
    assertAgrees(EngineSgd::new);
  }

  private void assertAgrees(Form form) {
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      NDArray w = drawn(manager, golden.stream());
      NDArray v = manager.zeros(new Shape(golden.size()));
      SgdOptimizer.Update update = form.of(w, v, golden.momentum(), golden.weightDecay());
      int stream = golden.firstGradientStream();
      for (double rate : golden.rates()) {
        List<NDArray> gradients = new ArrayList<>();
        for (int replica = 0; replica < golden.replicas(); replica++) {
          gradients.add(drawn(manager, stream++));
        }
        update.apply(List.of(gradients), rate);
      }
      assertThat(golden.parameters().deviation(w.toFloatArray()))
          .as("parameters")
          .isLessThan(TOLERANCE);
      assertThat(golden.velocities().deviation(v.toFloatArray()))
          .as("velocities")
          .isLessThan(TOLERANCE);
    }
  }

  private NDArray drawn(NDManager manager, int stream) {
    return manager.create(GoldenDraws.uniform(stream, golden.size(), 1)).duplicate();
  }
}
