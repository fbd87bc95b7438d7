/**
 * One training step on a device. Start with {@link dev.millrace.trainer.step.TrainingSession}: it
 * computes the gradients of a minibatch and updates the network.
 */
package dev.millrace.trainer.step;
