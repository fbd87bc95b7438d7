package dev.millrace.trainer.loop;

import java.util.function.Function;

/**
 * A minibatch that was trained.
 *
 * @param epoch from 1
 * @param step steps since the run's beginning, this one included
 * @param loss mean cross-entropy of the minibatch, in nats
 * @param seconds of forward pass, backward pass and update
 * @param waitSeconds for the record before that
 * @param header a header of its record by name, or null
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
