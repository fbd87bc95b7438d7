/**
 * Where settings come from and go to: {@link dev.millrace.stack.settings.StackSettings} is a run's,
 * stored in its home; {@link dev.millrace.stack.settings.ServiceSettings} turns it into the
 * environment variables of the services.
 */
package dev.millrace.stack.settings;
