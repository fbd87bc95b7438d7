package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.step.ComputeDevice;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final ComputeDevice CPU = ComputeDevice.choose(ComputeDevice.Choice.CPU);

  private static TrainerSettings settings(String architecture) {
    return new TrainerSettings(
        "run",
        architecture,
        1,
        0,
        new TrainerSettings.Sgd(.01, .9, 0, Schedule.STEP),
        4,
        1,
        new TrainerSettings.Checkpoints(100, 3),
        OnMalformed.STOP);
  }

  @Test
  void trainsAStep() {
    assertThatCode(() -> new WarmUp(settings("tinyimagenet"), CPU).close())
        .doesNotThrowAnyException();
  }

  @Test
  void throwsTheFailureOfTheStep() {
    assertThatThrownBy(() -> new WarmUp(settings("resnet"), CPU).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("resnet");
  }
}
