/**
 * The Open Inference Protocol over REST, with JSON or binary tensors. Begin with {@link
 * dev.millrace.inference.oip.rest.OipResource}.
 */
package dev.millrace.inference.oip.rest;
