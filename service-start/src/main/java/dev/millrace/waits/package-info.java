/**
 * Waits of a process for resources outside its control. Start with {@link
 * dev.millrace.waits.Waits}: code that waits for an external resource begins a wait and closes it
 * afterwards. A wait of more than five seconds appears in the log, in the health check {@code
 * waits} and, through {@code millrace.metrics}, on the page.
 */
package dev.millrace.waits;
