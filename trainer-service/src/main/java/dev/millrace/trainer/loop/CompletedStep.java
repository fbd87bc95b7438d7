package dev.millrace.trainer.loop;

import java.util.function.Function;

/**
 * A minibatch that was trained.
 *
 * @param epoch the epoch, from 1
 * @param step steps since the beginning of the run, including this one
 * @param loss mean cross-entropy of the minibatch, in nats
 * @param seconds duration of forward pass, backward pass and update
 * @param waitSeconds time spent waiting for the record before the step
 * @param header looks up a header of the record by name; null if the header is missing
 */
public record CompletedStep(
    String run,
    int epoch,
    long step,
    int images,
    double loss,
    double learningRate,
    double seconds,
    double waitSeconds,
    Function<String, byte[]> header) {}
