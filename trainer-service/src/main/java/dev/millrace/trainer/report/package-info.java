/**
 * The report of a run. Start with {@link dev.millrace.trainer.report.ReportWriter}, which evaluates
 * the best checkpoint and writes all files. The pictures need neither a display nor the fonts of
 * the machine. Equal input gives equal bytes on the same version of Java.
 */
package dev.millrace.trainer.report;
