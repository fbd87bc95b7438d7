/**
 * Reads pictures that clients send, as the body or in a form, with the right content type, a wrong
 * one or none. Begin with {@link dev.millrace.inference.upload.Upload}. The first bytes of a
 * picture decide its format.
 */
package dev.millrace.inference.upload;
