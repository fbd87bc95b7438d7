package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.process.Supervisor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the way from a folder of pictures to predictions with real Kafka, real S3 and the built
 * services.
 */
class WholeWayIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RUN = "pictures-quick";

  @TempDir private static Path folder;

  @Test
  void trainsServesAndResumesAFinishedRun() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 60);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      stack.up("--dataset", pictures.toString(), "--epochs", "3", "--batch-size", "16");
      stack.awaitSaid("the run is complete");
      stack.awaitSaid("serving: ");
      assertReport(stack);
      assertServedWeightsAreThoseInS3(stack);
      assertCommandsTell(stack);
      assertThat(stack.command("stop").exitCode()).isZero();
      stack.exitCode();

      String report = Files.readString(stack.run(RUN, "report/report.json"));
      damage(stack.home);
      stack.up();
      stack.awaitStatus(stack.ports.inference(), "/q/health/ready", 200);
      assertServedWeightsAreThoseInS3(stack);
      assertThat(stack.run(RUN, "report/report.json")).hasContent(report);
      assertThat(Files.readString(stack.home.log("trainer"))).contains("is complete");
    }
  }

  /** Damages the files that the launcher can do without or create again. */
  private static void damage(Home home) throws IOException {
    for (String process : Supervisor.PROCESSES) {
      Files.writeString(home.pid(process), "x");
    }
    for (Path file :
        new Path[] {
          home.pid("millrace"),
          home.portOffset(),
          home.adminToken(),
          home.run("s3-keys.properties"),
          home.run("s3.properties"),
          home.run("kafka.properties"),
          home.run("lock"),
          home.kafka().resolve("meta.properties")
        }) {
      Files.writeString(file, "");
    }
  }

  private static void assertReport(Stack stack) throws IOException {
    JsonNode report = JSON.readTree(stack.run(RUN, "report/report.json").toFile());
    assertThat(report.path("testAccuracy").asDouble()).isGreaterThan(.9);
    assertThat(report.path("testErrorPercent").asDouble())
        .isCloseTo(100 - 100 * report.path("testAccuracy").asDouble(), Offset.offset(1e-9));
    assertThat(report.path("testImages").asInt()).isEqualTo(30);
    assertThat(report.path("history")).hasSize(3);
  }

  private static void assertServedWeightsAreThoseInS3(Stack stack) throws Exception {
    String best = JSON.readTree(stack.run(RUN, "best.json").toFile()).path("checkpoint").asText();
    Path checkpoint = stack.run(RUN, "checkpoints/" + best);
    JsonNode normalization =
        JSON.readTree(checkpoint.resolve("manifest.json").toFile()).path("normalization");
    ReferenceNetwork reference =
        new ReferenceNetwork(
            Safetensors.read(
                ByteBuffer.wrap(Files.readAllBytes(checkpoint.resolve("weights.safetensors")))),
            doubles(normalization.path("mean")),
            doubles(normalization.path("std")));
    Random random = new Random(2);
    for (int label = 0; label < ColourImages.CLASSES.size(); label++) {
      BufferedImage picture = ColourImages.picture(label, random);
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(picture, "png", png);
      String answer =
          stack
              .post(stack.ports.inference(), "/v1/predict?top=3", "image/png", png.toByteArray())
              .body();
      JsonNode json = JSON.readTree(answer);
      assertThat(json.path("checkpoint").asText()).as(answer).isEqualTo(best);
      double[] expected = ReferenceNetwork.softmax(reference.logits(planes(picture)));
      for (JsonNode prediction : json.path("predictions")) {
        assertThat(prediction.path("probability").asDouble())
            .isCloseTo(expected[prediction.path("index").asInt()], Offset.offset(1e-4));
      }
      assertThat(json.at("/predictions/0/label").asText())
          .isEqualTo(ColourImages.CLASSES.get(label));
    }
  }

  private static double[] doubles(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  private static byte[] planes(BufferedImage image) {
    byte[] planes = new byte[3 * 1024];
    for (int i = 0; i < planes.length; i++) {
      int rgb = image.getRGB(i % 32, i / 32 % 32);
      planes[i] = (byte) (rgb >> 8 * (2 - i / 1024));
    }
    return planes;
  }

  private static void assertCommandsTell(Stack stack) throws Exception {
    Stack.Result status = stack.command("status");
    assertThat(status.exitCode()).isZero();
    assertThat(status.output()).contains(Supervisor.PROCESSES).doesNotContain("not running");
    assertThat(stack.command("report").output()).contains("Test accuracy", "| blue |");
    assertThat(stack.command("checkpoints").output())
        .contains("epoch-0000000003-step-", "validation accuracy", "best");
  }
}
