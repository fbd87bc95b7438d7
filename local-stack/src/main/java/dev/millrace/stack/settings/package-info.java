/**
 * Sources and targets of settings. {@link dev.millrace.stack.settings.StackSettings} holds the
 * settings of a run and is stored in its home. {@link dev.millrace.stack.settings.ServiceSettings}
 * converts them to environment variables of the services.
 */
package dev.millrace.stack.settings;
