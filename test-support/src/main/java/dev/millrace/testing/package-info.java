/**
 * What tests of several modules use: a real broker and the built services, each as a process, and
 * values that PyTorch computed.
 */
package dev.millrace.testing;
