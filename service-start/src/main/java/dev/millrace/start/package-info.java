/**
 * Startup and shutdown of a Millrace service. Start with {@link dev.millrace.start.ServiceStart}. A
 * service either starts or prints one line that states what the operator must change.
 */
package dev.millrace.start;
