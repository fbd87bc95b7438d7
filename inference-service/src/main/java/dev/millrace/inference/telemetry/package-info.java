/**
 * Metrics, traces and logs of serving and reloading. Begin with {@link
 * dev.millrace.inference.telemetry.Telemetry}, which receives all events.
 */
package dev.millrace.inference.telemetry;
