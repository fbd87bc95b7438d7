/**
 * Metrics, traces and events of ingest. Begin with {@link
 * dev.millrace.ingest.telemetry.IngestMeters}.
 */
package dev.millrace.ingest.telemetry;
