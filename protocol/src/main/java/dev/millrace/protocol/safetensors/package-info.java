/**
 * The safetensors file format. Start with {@link dev.millrace.protocol.safetensors.Safetensors}.
 */
package dev.millrace.protocol.safetensors;
