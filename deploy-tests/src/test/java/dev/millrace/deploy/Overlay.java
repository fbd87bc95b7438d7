package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An overlay in deploy/kubernetes, rendered by {@code kubectl kustomize}. */
record Overlay(String name, List<HasMetadata> resources) {
  static final String NO_KUBECTL =
      "SKIPPED: no kubectl; deploy/test/registry/install-tools has it from Debian's packages";

  private static final Path SOURCE = Path.of("..", "deploy");

  static boolean canBeBuilt() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
  }

  /** Renders every folder in overlays/, so that new overlays are tested automatically. */
  static List<Overlay> all(Path scratch) throws IOException, InterruptedException {
    Path copy = copy(scratch.resolve("deploy")).resolve("kubernetes");
    try (Stream<Path> folders = Files.list(copy.resolve("overlays"))) {
      List<Overlay> overlays = new ArrayList<>();
      for (Path folder : folders.sorted().toList()) {
        overlays.add(
            new Overlay(folder.getFileName().toString(), StrictYaml.read(kustomize(folder))));
      }
      return overlays;
    }
  }

  /** Copies the manifests and adds the credentials, which are not in git. */
  private static Path copy(Path target) throws IOException {
    for (String part : List.of("kubernetes", "grafana")) {
      try (Stream<Path> files = Files.walk(SOURCE.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path to = target.resolve(SOURCE.relativize(file).toString());
          Files.createDirectories(to.getParent());
          Files.copy(file, to);
        }
      }
    }
    Path base = target.resolve("kubernetes/base");
    Files.writeString(
        base.resolve("s3.env"),
        Files.readString(base.resolve("s3.env.example")).replaceAll("(?m)=.*", "=filled-in"));
    return target;
  }

  private static String kustomize(Path folder) throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder("kubectl", "kustomize", folder.toString())
            .redirectError(errors.toFile())
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(() -> read(errors)).isZero();
    assertThat(errors).as("warnings of kustomize").isEmptyFile();
    return output;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  <T extends HasMetadata> List<T> all(Class<T> kind) {
    return resources.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  <T extends HasMetadata> T one(Class<T> kind, String resourceName) {
    return all(kind).stream()
        .filter(resource -> resource.getMetadata().getName().equals(resourceName))
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    "%s: no %s %s".formatted(name, kind.getSimpleName(), resourceName)));
  }

  /** Returns the pod templates of all workloads, by workload. */
  Map<HasMetadata, PodTemplateSpec> workloads() {
    Map<HasMetadata, PodTemplateSpec> workloads = new LinkedHashMap<>();
    all(Deployment.class).forEach(d -> workloads.put(d, d.getSpec().getTemplate()));
    all(StatefulSet.class).forEach(s -> workloads.put(s, s.getSpec().getTemplate()));
    all(Job.class).forEach(j -> workloads.put(j, j.getSpec().getTemplate()));
    return workloads;
  }

  List<Container> containers() {
    return workloads().values().stream()
        .flatMap(template -> template.getSpec().getContainers().stream())
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
