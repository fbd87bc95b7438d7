/**
 * Fixtures for the tests of several modules: a Kafka broker and the built services, each in its own
 * process, and reference values that PyTorch computed.
 */
package dev.millrace.testing;
