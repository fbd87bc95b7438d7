package dev.millrace.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/**
 * The only access to DJL's PyTorch engine. The engine is used offline: native libraries come from
 * the class path or from {@code PYTORCH_LIBRARY_PATH}, never from the network, and DJL's usage
 * reports are disabled.
 */
public final class PyTorch {
  private static final String NAME = "PyTorch";

  static {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  private PyTorch() {}

  /** Returns the engine. The first call loads it. */
  public static Engine engine() {
    return Engine.getEngine(NAME);
  }

  /** Creates a manager that the caller closes. Closing it frees every array that it created. */
  public static NDManager newManager(Device device) {
    return engine().newBaseManager(device);
  }
}
