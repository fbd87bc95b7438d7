/**
 * Stochastic gradient descent and learning rate schedules. Start with {@link
 * dev.millrace.trainer.optimizer.SgdOptimizer}.
 */
package dev.millrace.trainer.optimizer;
