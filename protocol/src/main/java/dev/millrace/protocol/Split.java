package dev.millrace.protocol;

/** A part of a dataset, with its own topic. */
public enum Split {
  /** The training images, augmented differently in every epoch. */
  TRAIN,
  /** The images that select the best checkpoint; never augmented, and published once. */
  VALIDATION,
  /** The images for the final report; never augmented, and published once. */
  TEST;

  /** Returns the name on the wire: {@code train}, {@code validation} or {@code test}. */
  public String wireName() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Returns the name of the split's topic. */
  public String topic() {
    return Topics.MINIBATCHES_PREFIX + wireName();
  }

  /**
   * Returns the split with the given name on the wire.
   *
   * @throws MalformedException if no split has this name
   */
  public static Split ofWireName(String name) {
    for (Split split : values()) {
      if (split.wireName().equals(name)) {
        return split;
      }
    }
    throw new MalformedException("split '%s'; expected train, validation or test".formatted(name));
  }
}
