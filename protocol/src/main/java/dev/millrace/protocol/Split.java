package dev.millrace.protocol;

/** The parts of a dataset, each with a topic of its own. */
public enum Split {
  /** Augmented anew in every epoch. */
  TRAIN,
  /** Never augmented; published once; the best checkpoint is chosen on it. */
  VALIDATION,
  /** Never augmented; published once; only reported. */
  TEST;

  /** The name on the wire: {@code train}, {@code validation} or {@code test}. */
  public String wireName() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  public String topic() {
    return Topics.MINIBATCHES_PREFIX + wireName();
  }

  public static Split ofWireName(String name) {
    for (Split split : values()) {
      if (split.wireName().equals(name)) {
        return split;
      }
    }
    throw new MalformedException("split '%s' is none of train, validation, test".formatted(name));
  }
}
