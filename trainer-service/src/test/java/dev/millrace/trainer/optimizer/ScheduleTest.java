package dev.millrace.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compares learning rates with those of PyTorch 2.7.1: {@code MultiStepLR([60, 120, 160], 0.1)},
 * {@code StepLR(50, 0.1)} and {@code CosineAnnealingLR(epochs)} stepped once per epoch, {@code
 * OneCycleLR(total_steps, cycle_momentum=False)} stepped after every minibatch.
 */
class ScheduleTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # schedule, base, minibatches before, minibatches an epoch, epochs, rate
          MULTISTEP, 0.01, 0,    3, 200, 0.01
          MULTISTEP, 0.01, 179,  3, 200, 0.01
          MULTISTEP, 0.01, 180,  3, 200, 0.001
          MULTISTEP, 0.01, 359,  3, 200, 0.001
          MULTISTEP, 0.01, 360,  3, 200, 0.0001
          MULTISTEP, 0.01, 479,  3, 200, 0.0001
          MULTISTEP, 0.01, 480,  3, 200, 1e-05
          MULTISTEP, 0.01, 599,  3, 200, 1e-05
          STEP,      0.01, 0,    3, 200, 0.01
          STEP,      0.01, 149,  3, 200, 0.01
          STEP,      0.01, 150,  3, 200, 0.001
          STEP,      0.01, 299,  3, 200, 0.001
          STEP,      0.01, 300,  3, 200, 0.0001
          STEP,      0.01, 449,  3, 200, 0.0001
          STEP,      0.01, 450,  3, 200, 1e-05
          STEP,      0.01, 599,  3, 200, 1e-05
          COSINE,    0.1,  0,    3, 20,  0.1
          COSINE,    0.1,  2,    3, 20,  0.1
          COSINE,    0.1,  3,    3, 20,  0.0993844170297569
          COSINE,    0.1,  29,   3, 20,  0.05782172325201156
          COSINE,    0.1,  30,   3, 20,  0.05000000000000001
          COSINE,    0.1,  57,   3, 20,  0.0006155829702431171
          COSINE,    0.1,  59,   3, 20,  0.0006155829702431171
          ONE_CYCLE, 0.05, 0,    5, 12,  0.0020000000000000018
          ONE_CYCLE, 0.05, 1,    5, 12,  0.002408645607586357
          ONE_CYCLE, 0.05, 5,    5, 12,  0.011536768726897843
          ONE_CYCLE, 0.05, 16,   5, 12,  0.04959135439241365
          ONE_CYCLE, 0.05, 17,   5, 12,  0.05
          ONE_CYCLE, 0.05, 18,   5, 12,  0.04993009520914979
          ONE_CYCLE, 0.05, 30,   5, 12,  0.03908304511958474
          ONE_CYCLE, 0.05, 40,   5, 12,  0.021274058249822255
          ONE_CYCLE, 0.05, 58,   5, 12,  7.01047908502149e-05
          ONE_CYCLE, 0.05, 59,   5, 12,  2e-07
          ONE_CYCLE, 0.05, 1266, 352, 12, 0.04999999704514377
          ONE_CYCLE, 0.05, 1267, 352, 12, 0.049999990968828914
          ONE_CYCLE, 0.05, 2000, 352, 12, 0.04277883228712053
          ONE_CYCLE, 0.05, 4223, 352, 12, 2e-07
          ONE_CYCLE, 0.05, 0,    3, 1,   0.049720771772545594
          ONE_CYCLE, 0.05, 1,    3, 1,   0.023131855133348752
          ONE_CYCLE, 0.05, 2,    3, 1,   2e-07
          ONE_CYCLE, 0.05, 1,    4, 1,   0.04058728269748815
          """)
  void ratesAreThoseOfPyTorch(
      Schedule schedule, double base, long place, long perEpoch, int epochs, double rate) {
    assertThat(schedule.rate(base, place, perEpoch, epochs))
        .isCloseTo(rate, Offset.offset(rate * 1e-12 + 1e-18));
  }
}
