/**
 * What a process waits for at present. Begin with {@link dev.millrace.waits.Waits}: code that waits
 * for something outside its control begins a wait and closes it afterwards; a wait of more than
 * five seconds appears in the log, in the health check {@code waits} and, by way of {@code
 * millrace.metrics}, on the page.
 */
package dev.millrace.waits;
