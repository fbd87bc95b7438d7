/**
 * The wiring of the web page: its snapshot, its live events, the report's files and the headers
 * that keep a browser safe. Begin with {@link dev.millrace.inference.page.LiveRun}, which every
 * event goes through. Training and checkpoint events flow in from Kafka, server-sent events flow
 * out; what is known of a run is in {@link dev.millrace.inference.run}. The page itself is in
 * {@code META-INF/resources}.
 */
package dev.millrace.inference.page;
