package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The same network and recipe as a plain PyTorch script.
 *
 * @param python a Python with torch, numpy and Pillow
 * @param script the path of {@code train.py}
 * @param dataDir the folder that holds {@code cifar-10-batches-bin}
 * @param project the folder of Millrace, with its own Python files
 * @param gpu whether to train on a GPU
 */
public record Reference(String python, Path script, Path dataDir, Path project, boolean gpu) {
  private static final Pattern SPEED = Pattern.compile("torch (\\S+) .*: ([0-9.]+) images/s");

  /** Returns why the script cannot be run, or null if it can. */
  public String missing() throws InterruptedException {
    if (python.isEmpty()) {
      return "MILLRACE_BENCHMARK_PYTHON is not set; set it to a Python with torch, numpy and Pillow";
    }
    if (!Files.exists(script)) {
      return "%s does not exist; set MILLRACE_BENCHMARK_REFERENCE".formatted(script);
    }
    if (!Files.isDirectory(data())) {
      return "%s does not exist; set --data-dir".formatted(data());
    }
    try {
      Children.run(List.of(python, "-c", "import torch, numpy, PIL"), Map.of());
      if (gpu) {
        Children.run(List.of(python, "-c", "import torch; torch.ones(1).cuda()"), Map.of());
      }
      return null;
    } catch (IOException | IllegalStateException e) {
      return "%s lacks torch%s, numpy or Pillow".formatted(python, gpu ? " that sees the GPU" : "");
    }
  }

  /** Returns the folder of the dataset's binary files. */
  public Path data() {
    return dataDir.resolve("cifar-10-batches-bin");
  }

  /** Returns a Python file of this module, which runs parts of the script. */
  public Path helper(String name) {
    return project.resolve("benchmarks/python").resolve(name);
  }

  public String torchVersion() throws IOException, InterruptedException {
    String print = "import torch; print(torch.__version__.split('+')[0])";
    return Children.run(List.of(python, "-c", print), Map.of()).strip();
  }

  /**
   * Runs the script and returns its training speed.
   *
   * @param input {@code loader}: images through a DataLoader; {@code memory}: the engine alone
   */
  public double imagesPerSecond(String input, int steps, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(python));
    if (gpu) {
      command.add(helper("train_on_gpu.py").toString());
    }
    command.addAll(List.of(script.toString(), "speed"));
    command.addAll(List.of("--data", data().toString(), "--input", input));
    command.addAll(List.of("--steps", Integer.toString(steps)));
    String threads = Integer.toString(Runtime.getRuntime().availableProcessors());
    command.addAll(List.of("--threads", threads, "--workers", threads));
    String out = Children.run(command, environment);
    Matcher found = SPEED.matcher(out);
    if (!found.find()) {
      throw new IllegalStateException("%s printed no speed: %s".formatted(script, out));
    }
    System.out.printf("  PyTorch %s, --input %s: %s%n", found.group(1), input, found.group(2));
    return Double.parseDouble(found.group(2));
  }
}
