/**
 * What all HTTP endpoints share: errors, deadlines, cancelled requests and worker threads. Begin
 * with {@link dev.millrace.inference.http.ProblemMappers}, which turns every failure into an
 * answer.
 */
package dev.millrace.inference.http;
