package dev.millrace.inference.selection;

import java.util.Optional;

/**
 * Selects the runs that are served and shown: one run, all runs with a prefix, or any run. Parsed
 * from the setting in one place.
 */
public final class RunSelector {
  /** Any run. */
  public static final RunSelector ANY = new RunSelector("", true);

  private static final String PATTERN = "*";

  private final String name;
  private final boolean prefix;

  private RunSelector(String name, boolean prefix) {
    this.name = name;
    this.prefix = prefix;
  }

  /**
   * Parses the setting.
   *
   * @param setting a run's name, or {@code PREFIX*} for all runs named so; empty for any
   * @throws IllegalArgumentException if it is neither
   */
  public static RunSelector of(Optional<String> setting) {
    if (setting.isEmpty()) {
      return ANY;
    }
    boolean prefix = setting.get().endsWith(PATTERN);
    String name = prefix ? setting.get().substring(0, setting.get().length() - 1) : setting.get();
    boolean noName = name.equals(".") || name.equals("..") || name.isEmpty() && !prefix;
    if (noName || name.contains(PATTERN) || name.contains("/")) {
      throw new IllegalArgumentException("a run's name, or PREFIX* for all runs named so");
    }
    return new RunSelector(name, prefix);
  }

  /** Returns whether a run is selected. */
  public boolean includes(String run) {
    return prefix ? run.startsWith(name) : run.equals(name);
  }

  /** Returns the run's name if only one is selected. */
  public Optional<String> single() {
    return prefix ? Optional.empty() : Optional.of(name);
  }

  /** Returns whether runs are selected by a prefix, as those of a sweep are. */
  public boolean isSweep() {
    return prefix && this != ANY;
  }

  @Override
  public String toString() {
    return this == ANY ? "any run" : prefix ? name + PATTERN : name;
  }
}
