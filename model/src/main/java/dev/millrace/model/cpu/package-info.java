/**
 * Fast paths for training and prediction on a CPU: fused normalisation and pooling, minibatches
 * divided over threads, and arrays that share memory with tensors. On a GPU, the networks use the
 * engine's own operations. Start with {@link dev.millrace.model.cpu.NormPool}.
 */
package dev.millrace.model.cpu;
