package dev.millrace.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/**
 * Draws {@code sample-predictions.png}: test images with their label and prediction. Mistakes have
 * an orange frame and a cross, correct predictions a blue tick.
 */
public final class SamplesPicture {
  private static final int SIDE = 32;
  private static final int SCALE = 4;
  private static final int COLUMNS = 8;
  private static final int PICTURE = SIDE * SCALE;
  private static final int CELL_WIDTH = PICTURE + 48;
  private static final int CELL_HEIGHT = PICTURE + 78;
  private static final int HEADER = 84;
  private static final int HEADING = 46;
  private static final int MARGIN = 24;

  private final String title;
  private final String subtitle;
  private final List<Section> sections;

  /**
   * A test image and its prediction.
   *
   * @param pixels 3 × 32 × 32 bytes, RGB planes
   * @param truth the class of the label
   * @param predicted the most probable class
   * @param probability of the predicted class, in [0, 1]
   */
  public record Sample(byte[] pixels, String truth, String predicted, double probability) {
    boolean mistake() {
      return !truth.equals(predicted);
    }
  }

  /** A heading and its samples. */
  public record Section(String heading, List<Sample> samples) {
    int rows() {
      return (samples.size() + COLUMNS - 1) / COLUMNS;
    }
  }

  public SamplesPicture(String title, String subtitle, List<Section> sections) {
    this.title = title;
    this.subtitle = subtitle;
    this.sections = sections.stream().filter(section -> !section.samples.isEmpty()).toList();
  }

  public byte[] png() {
    int rows = sections.stream().mapToInt(Section::rows).sum();
    Canvas canvas =
        new Canvas(
            2 * MARGIN + COLUMNS * CELL_WIDTH,
            HEADER + sections.size() * HEADING + rows * CELL_HEIGHT + MARGIN);
    canvas.left(title, MARGIN, 30, Style.bold(24), Style.TEXT);
    canvas.left(subtitle, MARGIN, 62, Style.font(17), Style.FAINT_TEXT);
    int top = HEADER;
    for (Section section : sections) {
      canvas.left(section.heading, MARGIN, top + 22, Style.bold(18), Style.TEXT);
      top += HEADING;
      for (int i = 0; i < section.samples.size(); i++) {
        int x = MARGIN + i % COLUMNS * CELL_WIDTH;
        draw(canvas, section.samples.get(i), x, top + i / COLUMNS * CELL_HEIGHT);
      }
      top += section.rows() * CELL_HEIGHT;
    }
    return canvas.png();
  }

  private static void draw(Canvas canvas, Sample sample, int x, int y) {
    boolean mistake = sample.mistake();
    Color color = mistake ? Style.ORANGE : Style.BLUE;
    int left = x + 4;
    canvas.graphics().drawImage(image(sample.pixels), left, y, PICTURE, PICTURE, null);
    canvas.frame(
        left - 2, y - 2, PICTURE + 3, PICTURE + 3, mistake ? color : Style.LINE, mistake ? 4 : 1);
    badge(canvas.graphics(), mistake, left + PICTURE - 13, y + 13, color);
    Font font = Style.font(15);
    int width = CELL_WIDTH - 18;
    canvas.left(canvas.fit(sample.truth, font, width), left, y + PICTURE + 18, font, Style.TEXT);
    String confidence = String.format(Locale.ROOT, " %.0f%%", 100 * sample.probability);
    Font said = mistake ? Style.bold(15) : font;
    int room = width - canvas.width(confidence, said) - canvas.width("→ ", said);
    String answer = "→ " + canvas.fit(sample.predicted, said, room) + confidence;
    canvas.left(answer, left, y + PICTURE + 40, said, color);
  }

  /** Draws a cross or a tick on a disc. */
  private static void badge(Graphics2D graphics, boolean mistake, int x, int y, Color color) {
    graphics.setColor(Style.PAPER);
    graphics.fillOval(x - 11, y - 11, 22, 22);
    graphics.setColor(color);
    graphics.fillOval(x - 9, y - 9, 18, 18);
    graphics.setColor(Style.PAPER);
    graphics.setStroke(new BasicStroke(2.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    if (mistake) {
      graphics.drawLine(x - 4, y - 4, x + 4, y + 4);
      graphics.drawLine(x - 4, y + 4, x + 4, y - 4);
    } else {
      graphics.drawPolyline(new int[] {x - 5, x - 1, x + 5}, new int[] {y, y + 4, y - 4}, 3);
    }
  }

  private static BufferedImage image(byte[] pixels) {
    int plane = SIDE * SIDE;
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < plane; i++) {
      int rgb =
          (pixels[i] & 0xFF) << 16 | (pixels[plane + i] & 0xFF) << 8 | pixels[2 * plane + i] & 0xFF;
      image.setRGB(i % SIDE, i / SIDE, rgb);
    }
    return image;
  }
}
