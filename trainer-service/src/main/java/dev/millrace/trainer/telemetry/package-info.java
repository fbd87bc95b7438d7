/**
 * Events, metrics and spans of the trainer. Start with {@link
 * dev.millrace.trainer.telemetry.KafkaTelemetry}, which the training loop reports to.
 */
package dev.millrace.trainer.telemetry;
