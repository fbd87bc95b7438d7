/**
 * Files and ports of one stack. Begin with {@link dev.millrace.stack.home.Home}, which names every
 * file in the folder that {@code --home} gives.
 */
package dev.millrace.stack.home;
