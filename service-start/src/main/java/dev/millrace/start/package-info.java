/**
 * How a Millrace service starts and ends. Begin with {@link dev.millrace.start.ServiceStart}. The
 * environment comes in; out go a running service, or one line that says what a person must change.
 */
package dev.millrace.start;
