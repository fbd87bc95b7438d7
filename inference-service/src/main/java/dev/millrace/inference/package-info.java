/**
 * The inference service: its main class, its configuration and its wiring. Begin with {@link
 * dev.millrace.inference.Beans}, which creates the objects of the packages that know no framework.
 * Requests come in by {@link dev.millrace.inference.predict} and {@link
 * dev.millrace.inference.oip}, are answered by {@link dev.millrace.inference.serving}, and {@link
 * dev.millrace.inference.reload} replaces the served model.
 */
package dev.millrace.inference;
