/**
 * Validation of a service's settings before it starts. Start with {@link
 * dev.millrace.start.settings.SettingsCheck}.
 */
package dev.millrace.start.settings;
