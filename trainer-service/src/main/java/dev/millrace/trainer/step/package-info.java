/**
 * The training step on a device. Start with {@link dev.millrace.trainer.step.TrainingSession},
 * which computes the gradients of a minibatch and updates the network.
 */
package dev.millrace.trainer.step;
