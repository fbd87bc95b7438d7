/**
 * The trainer service: main class, configuration and wiring. Start with {@link
 * dev.millrace.trainer.TrainingRun}, which {@link dev.millrace.trainer.TrainerService} runs on one
 * thread.
 */
package dev.millrace.trainer;
