package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.TestImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the code blocks of docs/serving.md and of the README as they are, but for the ports. */
class ReadmeSnippetsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w+)\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final String TOKEN = "an-admin-token-of-tests";

  @TempDir private static Path folder;
  private static ServedCheckpoint served;
  private static Page serving;
  private static Page readme;

  @BeforeAll
  static void start() throws Exception {
    serving = new Page(Files.readString(Path.of("..", "docs", "serving.md")));
    readme =
        new Page(
            Files.readString(Path.of("..", "README.md"))
                .split("(?m)^## Predict$", 2)[1]
                .split("(?m)^## ", 2)[0]);
    served = ServedCheckpoint.start("ReadmeSnippetsIT", "MILLRACE_INFERENCE_ADMIN_TOKEN", TOKEN);
    served.s3().store().save(Checkpoints.of("run-1", 1, 352));
    Files.write(folder.resolve("cat.png"), TestImages.png(64, 48));
    Files.write(folder.resolve("ship.png"), TestImages.png(32, 32));
    Path token = folder.resolve(".millrace/run/admin-token");
    Files.createDirectories(token.getParent());
    Files.writeString(token, TOKEN + "\n");
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @Test
  void curlGetsPredictions() throws Exception {
    assumeTrue(Program.succeeds("curl", "--version"), "SKIPPED: there is no curl");
    List<JsonNode> answers = bash(serving.lines("curl") + "\n" + readme.lines("curl"));

    assertThat(answers).hasSize(3);
    assertThat(answers.get(0).path("predictions")).hasSize(3);
    assertThat(answers.get(1).path("images")).hasSize(2);
    assertThat(answers.get(2).path("predictions")).hasSize(3);
    assertThat(answers).allSatisfy(answer -> assertThat(checkpoint(answer)).isEqualTo(best()));
  }

  @Test
  void grpcurlGetsTheModelsMetadata() throws Exception {
    assumeTrue(
        Program.succeeds("grpcurl", "-version"),
        "SKIPPED: there is no grpcurl; deploy/test/registry/install-tools installs it");
    List<JsonNode> answers = bash(serving.lines("grpcurl"));

    assertThat(answers).hasSize(1);
    assertThat(answers.get(0).path("name").asText()).isEqualTo("tinyimagenet");
    assertThat(answers.get(0).at("/versions/0").asText()).isEqualTo(best());
  }

  @Test
  void tritonsPythonClientGetsLabels() throws Exception {
    assumeTrue(Program.hasTritonClients(), Program.NO_TRITON);
    String overGrpc = serving.block("python", 0);
    String overHttp =
        overGrpc
            .replace("tritonclient.grpc", "tritonclient.http")
            .replace(Integer.toString(grpcPort()), Integer.toString(served.service().port()))
            .replace("get_response().model_version", "get_response()['model_version']");
    List<String> labels = served.labels(new byte[2 * 3072]);
    for (String program : List.of(overGrpc, overHttp)) {
      String output = Program.output(folder, Map.of(), Program.TRITON_PYTHON, "-c", program);

      assertThat(output.strip())
          .isEqualTo("[b'%s' b'%s'] %s".formatted(labels.get(0), labels.get(1), best()));
    }
    String output =
        Program.output(folder, Map.of(), Program.TRITON_PYTHON, "-c", readme.block("python", 0));

    assertThat(output.strip()).isEqualTo("[b'%s']".formatted(labels.get(0)));
  }

  @Test
  void javasHttpClientGetsAPrediction() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("Snippet.java"),
            """
            import java.net.URI;
            import java.net.http.*;
            import java.nio.file.Path;

            class Snippet {
              public static void main(String[] arguments) throws Exception {
                %s
                System.out.println(json);
              }
            }
            """
                .formatted(serving.block("java", 0)));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    JsonNode answer = JSON.readTree(Program.output(folder, Map.of(), java, source.toString()));

    assertThat(checkpoint(answer)).isEqualTo(best());
    assertThat(answer.path("predictions")).isNotEmpty();
  }

  @Test
  void whatServesIsChangedByHandAndBack() throws Exception {
    assumeTrue(Program.succeeds("curl", "--version"), "SKIPPED: there is no curl");
    List<JsonNode> answers = bash(serving.block("sh", 1));

    assertThat(answers)
        .extracting(ReadmeSnippetsIT::checkpoint)
        .containsExactly("epoch-0000000001-step-0000000352", best());
    assertThat(answers).allMatch(answer -> answer.path("pinned").asBoolean());
  }

  private static String best() {
    return served.checkpoint().manifest().id();
  }

  private static String checkpoint(JsonNode answer) {
    return answer.path("checkpoint").asText();
  }

  private static int grpcPort() {
    return InferenceProcess.grpcPort(served.service());
  }

  /** A page's code blocks, in order. */
  private record Page(String text) {
    String block(String language, int index) {
      return BLOCK
          .matcher(text)
          .results()
          .filter(block -> block.group(1).equals(language))
          .map(block -> block.group(2))
          .toList()
          .get(index)
          .replace("127.0.0.1:8080", "127.0.0.1:" + served.service().port())
          .replace("127.0.0.1:9000", "127.0.0.1:" + grpcPort());
    }

    /** Returns the lines of the first block of commands that call a program. */
    String lines(String program) {
      return block("sh", 0)
          .lines()
          .filter(line -> line.startsWith(program + " "))
          .collect(Collectors.joining("\n"));
    }
  }

  private static List<JsonNode> bash(String commands) throws Exception {
    String output = Program.output(folder, Map.of(), "bash", "-c", "set -eo pipefail\n" + commands);
    return JSON.readerFor(JsonNode.class).<JsonNode>readValues(output).readAll();
  }
}
