/**
 * The endpoints of the web page: its snapshot, its live events and the files of the report. Begin
 * with {@link dev.millrace.inference.page.LiveRun}, which receives training and checkpoint events
 * from Kafka. The page itself is in {@code META-INF/resources}.
 */
package dev.millrace.inference.page;
