package dev.millrace.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/**
 * The one door to DJL's PyTorch engine. It is opened offline: natives come from the class path or
 * from {@code PYTORCH_LIBRARY_PATH}, never from the network, and DJL's usage reports are off.
 */
public final class PyTorch {
  private static final String NAME = "PyTorch";

  static {
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
  }

  private PyTorch() {}

  /** The engine, loaded at the first call. */
  public static Engine engine() {
    return Engine.getEngine(NAME);
  }

  /** A manager that the caller closes; closing it frees every array that it made. */
  public static NDManager newManager(Device device) {
    return engine().newBaseManager(device);
  }
}
