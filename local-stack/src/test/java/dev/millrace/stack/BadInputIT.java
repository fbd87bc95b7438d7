package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.stack.process.Supervisor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bad input to the launcher must give one clear line on the terminal and an exit code other than 0.
 */
class BadInputIT {
  @TempDir private Path folder;

  private void assertRefused(Stack stack, String... says) throws Exception {
    assertThat(stack.exitCode()).isNotZero();
    assertThat(stack.said()).contains(says);
    assertThat(stack.said()).doesNotContain("\tat ");
    for (String process : Supervisor.PROCESSES) {
      assertThat(stack.home.processes().running(process)).as(process).isEmpty();
    }
  }

  private Stack stack() {
    return new Stack(folder.resolve("home"));
  }

  @Test
  void namesACorruptPicture() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 4);
    Path broken = pictures.resolve("green").resolve("0002.png");
    byte[] png = Files.readAllBytes(broken);
    Files.write(broken, Arrays.copyOf(png, png.length / 2));
    try (Stack stack = stack().up("--dataset", pictures.toString())) {
      assertRefused(
          stack,
          "1 of 12",
          "green/0002.png",
          "repair or remove",
          "MILLRACE_INGEST_BROKEN_PICTURES");
      assertThat(stack.exitCode()).isEqualTo(78);
    }
  }

  @Test
  void namesAMissingDataset() throws Exception {
    try (Stack stack = stack().up("--dataset", folder.resolve("nowhere").toString())) {
      assertRefused(stack, "nowhere", "cifar10, cifar100, synthetic");
    }
  }

  @Test
  void namesAPortInUse() throws Exception {
    Stack stack = stack();
    try (ServerSocket taken =
            new ServerSocket(stack.ports.s3(), 1, InetAddress.getLoopbackAddress());
        stack) {
      stack.up("--dataset", "synthetic");
      assertRefused(stack, Integer.toString(taken.getLocalPort()), "S3", "--port-offset");
    }
  }

  @Test
  void stopsIfTheBrokerNeverStarts() throws Exception {
    try (Stack stack = stack()) {
      Path metadata = stack.home.kafka().resolve("__cluster_metadata-0");
      Files.createDirectories(metadata);
      Files.writeString(metadata.resolve("quorum-state"), "{");
      Files.writeString(
          stack.home.kafka().resolve("meta.properties"),
          "version=1\nnode.id=1\ncluster.id=i0PrYzeTROSei_6tXbbDhw\ndirectory.id=g7OO489e7HzxBCYONnMPxQ\n");
      stack.up("--dataset", "synthetic");
      assertRefused(
          stack, "kafka ended with code 1 and is restarted", "ended 3 times in a row", "kafka.log");
    }
  }

  @Test
  void namesADamagedBrokerIdentity() throws Exception {
    try (Stack stack = stack()) {
      Files.createDirectories(stack.home.kafka().resolve("__cluster_metadata-0"));
      Files.writeString(stack.home.kafka().resolve("meta.properties"), "version=1\n");
      stack.up("--dataset", "synthetic");
      assertRefused(stack, stack.home.kafka().resolve("meta.properties").toString(), "is damaged");
      assertThat(stack.exitCode()).isEqualTo(78);
    }
  }

  @Test
  void wrongOptionsStartNothing() throws Exception {
    assertRefusedAtOnce("--epochs=0: allowed: 1 or more", "--epochs", "0");
    assertRefusedAtOnce("--schedule=sawtooth: allowed: multistep", "--schedule", "sawtooth");
    assertRefusedAtOnce("--learning-rate=-1.0: allowed: above 0", "--learning-rate", "-1");
    assertRefusedAtOnce("--batch-size=0: allowed: 1 to 4096", "--batch-size", "0");
    assertRefusedAtOnce("--architecture=resnet: allowed: tinyimagenet", "--architecture", "resnet");
    assertRefusedAtOnce("--validation=none: allowed: holdout", "--validation", "none");
    assertRefusedAtOnce("--recipe=slow: allowed: quick", "--recipe", "slow");
    assertRefusedAtOnce("--port-offset=70000: allowed: 0 to", "--port-offset", "70000");
    assertRefusedAtOnce("--epoch", "--epoch", "3");
  }

  private void assertRefusedAtOnce(String says, String... options)
      throws IOException, InterruptedException {
    String[] arguments = new String[options.length + 1];
    arguments[0] = "up";
    System.arraycopy(options, 0, arguments, 1, options.length);
    Stack.Result result = stack().command(arguments);
    assertThat(result.exitCode()).as(result.output()).isNotZero();
    assertThat(result.output()).contains(says).doesNotContain("\tat ");
    assertThat(folder.resolve("home").resolve("run").resolve("stack.json")).doesNotExist();
  }

  @Test
  void fullDiskStopsTheStack() throws Exception {
    Path small = Files.createDirectories(folder.resolve("small"));
    assumeTrue(mount(small), "SKIPPED: a full disk; mounting a small tmpfs needs root");
    try (Stack stack = new Stack(small.resolve("home"))) {
      stack.up("--dataset", "synthetic");
      assertRefused(stack, "small/home", "MB left", "run millrace up again");
    } finally {
      run("umount", "--lazy", small.toString());
    }
  }

  private static boolean mount(Path folder) throws IOException, InterruptedException {
    return run("mount", "-t", "tmpfs", "-o", "size=130m", "tmpfs", folder.toString()) == 0;
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
