/**
 * The wiring of the service that answers predictions: HTTP, Kafka, health and settings. Begin with
 * {@link dev.millrace.inference.PredictResource} for a request and {@link
 * dev.millrace.inference.Reloads} for a new checkpoint. Images and checkpoint events flow in,
 * predictions flow out; the work is done in {@link dev.millrace.inference.serving}.
 */
package dev.millrace.inference;
