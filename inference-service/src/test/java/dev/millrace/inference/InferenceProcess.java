package dev.millrace.inference;

import static org.awaitility.Awaitility.await;

import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a {@link ServiceProcess} of this service has that others have not; with a small heap. */
final class InferenceProcess {
  /** Less than one decoded 16-megapixel image would take. */
  private static final String HEAP = "-Xmx160m";

  private static final String GRPC_PORT = "MILLRACE_GRPC_PORT";

  private InferenceProcess() {}

  /** Starts it with these settings beside ports of its own; does not wait. */
  static ServiceProcess launch(Path log, Map<String, String> settings) throws IOException {
    Files.deleteIfExists(log);
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent(GRPC_PORT, Integer.toString(ServiceProcess.freePort()));
    return ServiceProcess.launch(HEAP, log, all);
  }

  static Map<String, String> settings(String s3Endpoint, String kafka) {
    Map<String, String> settings = new HashMap<>();
    settings.put("MILLRACE_S3_ENDPOINT", s3Endpoint);
    settings.put("MILLRACE_S3_BUCKET", S3Server.BUCKET);
    settings.put("MILLRACE_S3_ACCESS_KEY", S3Server.ACCESS_KEY);
    settings.put("MILLRACE_S3_SECRET_KEY", S3Server.SECRET_KEY);
    settings.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", kafka);
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "1");
    return settings;
  }

  static int grpcPort(ServiceProcess service) {
    return Integer.parseInt(service.setting(GRPC_PORT));
  }

  /** Waits until so many images wait for their forward pass. */
  static void awaitWaiting(ServiceProcess service, int images) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(() -> (int) service.metric("millrace_inference_queue_images") >= images);
  }

  /** Physical memory of the process in bytes. */
  static long residentBytes(ServiceProcess service) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(service.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }

  /** Returns when it is done. */
  static void collectGarbage(ServiceProcess service) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(service.pid()),
                "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!jcmd.waitFor(30, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      throw new IllegalStateException("jcmd failed");
    }
  }
}
