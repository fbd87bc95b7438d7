/**
 * The endpoints that list and change what is served, and the triggers of a reload. Begin with
 * {@link dev.millrace.inference.control.ControlResource} and {@link
 * dev.millrace.inference.control.ReloadTrigger}.
 */
package dev.millrace.inference.control;
