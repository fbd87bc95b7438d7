/**
 * Tokens of HTTP and gRPC requests, and the headers that protect browsers. Begin with {@link
 * dev.millrace.inference.security.AccessTokens}.
 */
package dev.millrace.inference.security;
