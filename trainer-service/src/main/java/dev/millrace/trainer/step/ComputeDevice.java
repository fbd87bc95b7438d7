package dev.millrace.trainer.step;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.util.cuda.CudaUtils;
import dev.millrace.model.PyTorch;
import java.util.OptionalLong;

/**
 * The device on which the network is trained.
 *
 * @param reason why this device was chosen, for the log
 */
public record ComputeDevice(Device device, String reason) {

  /** Returns the name, for example {@code cpu()} or {@code gpu(0)}. */
  public String name() {
    return device.toString();
  }

  /** Returns the bytes in use on the GPU, by this and other processes; empty on a CPU. */
  public OptionalLong usedMemory() {
    return device.isGpu()
        ? OptionalLong.of(CudaUtils.getGpuMemory(device).getUsed())
        : OptionalLong.empty();
  }

  /** The values of the setting. */
  public enum Choice {
    AUTO,
    CPU,
    CUDA
  }

  /**
   * Chooses the device.
   *
   * @throws IllegalArgumentException if CUDA is requested and there is no GPU
   */
  public static ComputeDevice choose(Choice choice) {
    if (choice == Choice.CPU) {
      return new ComputeDevice(Device.cpu(), "set by MILLRACE_TRAINER_DEVICE");
    }
    Engine engine = PyTorch.engine();
    int gpus = engine.getGpuCount();
    if (gpus > 0) {
      return new ComputeDevice(Device.gpu(), "%d GPU(s) found".formatted(gpus));
    }
    if (choice == Choice.CUDA) {
      throw new IllegalArgumentException(
          "MILLRACE_TRAINER_DEVICE=cuda: %s finds no GPU; install the CUDA flavour of libtorch"
                  .formatted("PyTorch " + engine.getVersion())
              + " (PYTORCH_LIBRARY_PATH, PYTORCH_VERSION, PYTORCH_FLAVOR) and NVIDIA's driver, or"
              + " use auto or cpu");
    }
    return new ComputeDevice(Device.cpu(), "no GPU found");
  }

  /** Returns the version of PyTorch. */
  public static String engineVersion() {
    return PyTorch.engine().getVersion();
  }

  /** Returns the version of DJL. */
  public static String djlVersion() {
    return Engine.getDjlVersion();
  }
}
