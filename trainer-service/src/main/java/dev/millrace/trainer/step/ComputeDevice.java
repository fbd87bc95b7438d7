package dev.millrace.trainer.step;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.util.cuda.CudaUtils;
import dev.millrace.model.PyTorch;
import java.util.OptionalLong;

/**
 * Where the network is trained.
 *
 * @param reason why, for the log
 */
public record ComputeDevice(Device device, String reason) {

  /** Such as {@code cpu()} or {@code gpu(0)}. */
  public String name() {
    return device.toString();
  }

  /** Bytes in use on a GPU, by this and other processes; empty where there is none. */
  public OptionalLong usedMemory() {
    return device.isGpu()
        ? OptionalLong.of(CudaUtils.getGpuMemory(device).getUsed())
        : OptionalLong.empty();
  }

  /** What a user may ask for. */
  public enum Choice {
    AUTO,
    CPU,
    CUDA
  }

  /**
   * @throws IllegalArgumentException if CUDA is asked for and there is no GPU
   */
  public static ComputeDevice choose(Choice choice) {
    if (choice == Choice.CPU) {
      return new ComputeDevice(Device.cpu(), "asked for");
    }
    Engine engine = PyTorch.engine();
    int gpus = engine.getGpuCount();
    if (gpus > 0) {
      return new ComputeDevice(Device.gpu(), "%d GPU(s) found".formatted(gpus));
    }
    if (choice == Choice.CUDA) {
      throw new IllegalArgumentException(
          "MILLRACE_TRAINER_DEVICE is cuda, but %s sees no GPU; install the CUDA flavour of libtorch"
                  .formatted("PyTorch " + engine.getVersion())
              + " (PYTORCH_LIBRARY_PATH, PYTORCH_VERSION, PYTORCH_FLAVOR) and NVIDIA's driver, or"
              + " use auto or cpu");
    }
    return new ComputeDevice(Device.cpu(), "no GPU found");
  }

  /** PyTorch's version. */
  public static String engineVersion() {
    return PyTorch.engine().getVersion();
  }

  /** DJL's version. */
  public static String djlVersion() {
    return Engine.getDjlVersion();
  }
}
