package dev.millrace.inference.serving;

import ai.djl.engine.Engine;
import dev.millrace.model.PyTorch;

/** The engine that runs the networks. */
public final class InferenceEngine {
  private InferenceEngine() {}

  /**
   * Loads the native libraries, so that a failure shows before the first checkpoint.
   *
   * @return the name and version of the engine
   */
  public static String load() {
    Engine engine = PyTorch.engine();
    return engine.getEngineName() + " " + engine.getVersion();
  }
}
