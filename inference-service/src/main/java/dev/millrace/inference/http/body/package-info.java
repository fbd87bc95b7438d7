/**
 * Reads the bodies of requests with limits for their size and for the memory of all of them. Begin
 * with {@link dev.millrace.inference.http.body.RequestBodies}.
 */
package dev.millrace.inference.http.body;
