/**
 * Files and ports of one stack. Begin with {@link dev.millrace.stack.home.Home}, which defines the
 * paths of all files below {@code --home}.
 */
package dev.millrace.stack.home;
