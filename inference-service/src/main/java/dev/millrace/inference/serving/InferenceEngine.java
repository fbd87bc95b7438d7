package dev.millrace.inference.serving;

import ai.djl.engine.Engine;

/** The engine that computes; its natives are in the class path, nothing is downloaded. */
public final class InferenceEngine {
  private InferenceEngine() {}

  /**
   * Loads the natives, so that a machine which cannot is known before the first checkpoint.
   *
   * @return name and version
   */
  public static String load() {
    Engine engine = Engine.getEngine("PyTorch");
    return engine.getEngineName() + " " + engine.getVersion();
  }
}
