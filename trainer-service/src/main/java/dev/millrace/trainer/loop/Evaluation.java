package dev.millrace.trainer.loop;

import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.EvaluationSplit;

/**
 * The result of a network on a split.
 *
 * @param loss mean cross-entropy in nats
 * @param accuracy in [0, 1]
 */
record Evaluation(double loss, double accuracy) {

  static Evaluation of(TrainingSession session, EvaluationSplit split) {
    double lossSum = 0;
    long correct = 0;
    for (Minibatch minibatch : split.minibatches()) {
      TrainingSession.Result result = session.evaluate(minibatch);
      lossSum += result.lossSum();
      correct += result.correct();
    }
    return new Evaluation(lossSum / split.images(), (double) correct / split.images());
  }
}
