package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.model.PyTorch;
import dev.millrace.trainer.step.ComputeDevice.Choice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ComputeDeviceTest {
  @BeforeEach
  void withoutGpu() {
    assumeTrue(PyTorch.engine().getGpuCount() == 0, "SKIPPED: no GPU asked for, but one is there");
  }

  @Test
  void missingGpuIsRefusedWithTheRemedy() {
    assertThatThrownBy(() -> ComputeDevice.choose(Choice.CUDA))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "MILLRACE_TRAINER_DEVICE=cuda", "finds no GPU", "PYTORCH_LIBRARY_PATH", "auto or cpu");
  }

  @Test
  void autoGivesTheReasonForItsChoice() {
    ComputeDevice chosen = ComputeDevice.choose(Choice.AUTO);
    assertThat(chosen.name()).isEqualTo("cpu()");
    assertThat(chosen.reason()).isEqualTo("no GPU found");
  }
}
