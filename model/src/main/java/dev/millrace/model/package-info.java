/**
 * The networks that Millrace trains and serves, on DJL's PyTorch engine. Start with {@link
 * dev.millrace.model.TinyImageNet}, the reference network, and {@link dev.millrace.model.Network},
 * which holds the weights of any architecture.
 */
package dev.millrace.model;
