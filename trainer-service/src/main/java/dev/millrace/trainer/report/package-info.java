/**
 * The pictures of a run's report, drawn from plain numbers and pixels, without a screen and without
 * the fonts of the machine. Begin with {@link dev.millrace.trainer.report.CurvesPicture}, {@link
 * dev.millrace.trainer.report.ConfusionPicture} and {@link
 * dev.millrace.trainer.report.SamplesPicture}; each returns the bytes of a PNG. Equal input gives
 * equal bytes on the same Java.
 */
package dev.millrace.trainer.report;
