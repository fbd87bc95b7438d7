/**
 * Checks the settings of a service before it starts. {@link
 * dev.millrace.start.settings.SettingsCheck} is the entry.
 */
package dev.millrace.start.settings;
