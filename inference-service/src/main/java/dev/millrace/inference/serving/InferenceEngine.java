package dev.millrace.inference.serving;

import ai.djl.engine.Engine;
import dev.millrace.model.PyTorch;

/** The engine that computes. */
public final class InferenceEngine {
  private InferenceEngine() {}

  /**
   * Loads the natives, so that a machine which cannot is known before the first checkpoint.
   *
   * @return name and version
   */
  public static String load() {
    Engine engine = PyTorch.engine();
    return engine.getEngineName() + " " + engine.getVersion();
  }
}
