/**
 * The trainer service: main class, configuration and wiring. Start with {@link
 * dev.millrace.trainer.TrainerService}, which runs the training loop on one thread.
 */
package dev.millrace.trainer;
