package dev.millrace.trainer.optimizer;

import java.util.List;

/**
 * The schedules of the learning rate, as PyTorch's {@code lr_scheduler} classes of the same names.
 */
public enum Schedule {
  /** {@code MultiStepLR([60, 120, 160], 0.1)}, stepped by epoch. */
  MULTISTEP("multistep") {
    @Override
    public double rate(double base, long step, long stepsPerEpoch, int epochs) {
      long epoch = step / stepsPerEpoch;
      long passed = MILESTONES.stream().filter(milestone -> epoch >= milestone).count();
      return base * Math.pow(GAMMA, passed);
    }
  },
  /** {@code StepLR(50, 0.1)}, stepped by epoch. */
  STEP("step") {
    @Override
    public double rate(double base, long step, long stepsPerEpoch, int epochs) {
      return base * Math.pow(GAMMA, step / stepsPerEpoch / STEP_EPOCHS);
    }
  },
  /** {@code CosineAnnealingLR(epochs)}, stepped by epoch. */
  COSINE("cosine") {
    @Override
    public double rate(double base, long step, long stepsPerEpoch, int epochs) {
      return anneal(base, 0, (double) (step / stepsPerEpoch) / epochs);
    }
  },
  /** {@code OneCycleLR(base, epochs × steps)}, stepped by minibatch, with constant momentum. */
  ONE_CYCLE("one-cycle") {
    @Override
    public double rate(double base, long step, long stepsPerEpoch, int epochs) {
      long total = stepsPerEpoch * epochs;
      if (total == 1) {
        // PyTorch's formula returns the final rate, which is too small to learn anything.
        return base;
      }
      double up = WARM_UP * total - 1;
      double initial = base / 25;
      if (step <= up) {
        return anneal(initial, base, step / up);
      }
      return anneal(base, initial / 1e4, (step - up) / (total - 1 - up));
    }
  };

  private static final List<Integer> MILESTONES = List.of(60, 120, 160);
  private static final double GAMMA = 0.1;
  private static final int STEP_EPOCHS = 50;
  private static final double WARM_UP = 0.3;

  private final String settingName;

  Schedule(String settingName) {
    this.settingName = settingName;
  }

  /**
   * Computes the learning rate of a step.
   *
   * @param step number of steps before this one
   * @return the learning rate of this step
   */
  public abstract double rate(double base, long step, long stepsPerEpoch, int epochs);

  /** Returns {@code multistep}, {@code step}, {@code cosine} or {@code one-cycle}. */
  public String settingName() {
    return settingName;
  }

  private static double anneal(double from, double to, double fraction) {
    return to + (from - to) / 2 * (1 + Math.cos(Math.PI * fraction));
  }
}
