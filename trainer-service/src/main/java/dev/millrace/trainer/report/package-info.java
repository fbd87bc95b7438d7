/**
 * The report of a run. Start with {@link dev.millrace.trainer.report.ReportWriter}, which evaluates
 * the best checkpoint and writes all files. The pictures are drawn from plain numbers and pixels,
 * without a display and without the fonts of the machine; equal input gives equal bytes on the same
 * version of Java.
 */
package dev.millrace.trainer.report;
