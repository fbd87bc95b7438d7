package dev.millrace.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.report.SamplesPicture.Sample;
import dev.millrace.trainer.report.SamplesPicture.Section;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PicturesTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 12, 200})
  void drawsCurvesForAnyNumberOfEpochs(int epochs) throws IOException {
    BufferedImage picture = read(curves(epochs));
    assertThat(count(picture, Style.BLUE)).as("train").isGreaterThan(40);
    assertThat(count(picture, Style.ORANGE)).as("validation").isGreaterThan(40);
    assertThat(count(picture, Style.GREEN)).as("test").isGreaterThan(40);
  }

  private static byte[] curves(int epochs) {
    List<CurvesPicture.Epoch> points =
        IntStream.rangeClosed(1, epochs)
            .mapToObj(
                e -> new CurvesPicture.Epoch(e, 2.0 / e, 1 - 0.7 / e, 2.1 / e, 1 - 0.8 / e, 0.01))
            .toList();
    return new CurvesPicture("t", "s", points, new CurvesPicture.Best(epochs, 0.5, 0.6)).png();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 20, 21, 100})
  void confusionMatrixHasACellForEveryPairOfClasses(int classes) throws IOException {
    int[][] counts = new int[classes][classes];
    IntStream.range(0, classes).forEach(c -> counts[c][c] = 10);
    List<String> names = IntStream.range(0, classes).mapToObj(c -> "class" + c).toList();
    BufferedImage picture = read(new ConfusionPicture("t", "s", names, counts).png());
    assertThat(picture.getWidth()).isLessThan(1800);
    assertThat(picture.getHeight()).isLessThan(1900);
    // The cells of the diagonal have the darkest blue, and their sides are at least ten pixels
    // long.
    assertThat(count(picture, new Color(0x08306B))).isGreaterThanOrEqualTo(classes * 60);
  }

  @Test
  void aShareOfOnePercentIsVisible() throws IOException {
    List<String> names = List.of("a", "b");
    int[][] none = {{100, 0}, {0, 100}};
    int[][] one = {{99, 1}, {0, 100}};
    long white = count(read(new ConfusionPicture("t", "s", names, none).png()), Color.WHITE);
    long left = count(read(new ConfusionPicture("t", "s", names, one).png()), Color.WHITE);
    assertThat(white - left).as("a cell of 76 by 76 pixels is shaded").isGreaterThan(5000);
  }

  @Test
  void marksOnlyMistakesByColourAndShape() throws IOException {
    byte[] grey = new byte[3072];
    Sample right = new Sample(grey, "cat", "cat", 0.9);
    Sample wrong = new Sample(grey, "cat", "dog", 0.8);
    BufferedImage good = read(samples(right));
    BufferedImage bad = read(samples(wrong));
    assertThat(count(good, Style.ORANGE)).isZero();
    assertThat(count(good, Style.BLUE)).isPositive();
    assertThat(count(bad, Style.ORANGE)).as("frame, badge and answer").isGreaterThan(1500);
    assertThat(count(bad, Style.BLUE)).isZero();
  }

  private static byte[] samples(Sample sample) {
    return new SamplesPicture("t", "s", List.of(new Section("h", List.of(sample)))).png();
  }

  @Test
  void pixelsKeepTheirPlaceAndColour() throws IOException {
    byte[] pixels = new byte[3072];
    pixels[5 * 32 + 7] = (byte) 200; // red at row 5, column 7
    pixels[2048 + 5 * 32 + 7] = 100; // and blue
    BufferedImage picture = read(samples(new Sample(pixels, "a", "a", 1)));
    assertThat(count(picture, new Color(200, 0, 100))).as("4 by 4 times").isEqualTo(16);
  }

  @Test
  void equalInputGivesEqualBytes() {
    assertThat(curves(3)).isEqualTo(curves(3));
  }

  /** Tests a machine without fonts, such as a small container, where Java's own fonts fail. */
  @Test
  void drawsTheSameWithoutSystemFonts() throws IOException, InterruptedException {
    Path fonts = folder.resolve("fonts.conf");
    Files.writeString(
        fonts,
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig/>",
        StandardCharsets.UTF_8);
    Path out = folder.resolve("curves.png");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Draw.class.getName(),
            out.toString());
    builder.environment().put("FONTCONFIG_FILE", fonts.toString());
    Process process = builder.inheritIO().start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(Files.readAllBytes(out)).isEqualTo(curves(3));
  }

  /** Main class of a separate process, because Java reads the fonts only once. */
  static final class Draw {
    private Draw() {}

    public static void main(String[] arguments) throws IOException {
      Files.write(Path.of(arguments[0]), curves(3));
    }
  }

  private static BufferedImage read(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  private static long count(BufferedImage picture, Color color) {
    return points(picture, color).count();
  }

  private static IntStream points(BufferedImage picture, Color color) {
    int width = picture.getWidth();
    return IntStream.range(0, width * picture.getHeight())
        .filter(
            at ->
                (picture.getRGB(at % width, at / width) & 0xFFFFFF) == (color.getRGB() & 0xFFFFFF));
  }
}
