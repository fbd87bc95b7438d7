/**
 * Health checks, and what the service waits for. Begin with {@link
 * dev.millrace.inference.health.ServingCheck}, which decides whether the service is ready.
 */
package dev.millrace.inference.health;
