package dev.millrace.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/**
 * A drawing surface for a picture. Sizes and coordinates are pixels from the top left; y
 * coordinates of text are those of its vertical middle.
 */
final class Canvas {
  private final BufferedImage image;
  private final Graphics2D graphics;

  Canvas(int width, int height) {
    image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    fill(0, 0, width, height, Style.PAPER);
  }

  Graphics2D graphics() {
    return graphics;
  }

  void fill(int x, int y, int width, int height, Color color) {
    graphics.setColor(color);
    graphics.fillRect(x, y, width, height);
  }

  void frame(int x, int y, int width, int height, Color color, float stroke) {
    graphics.setColor(color);
    graphics.setStroke(new BasicStroke(stroke));
    graphics.drawRect(x, y, width, height);
  }

  void left(String text, int x, int y, Font font, Color color) {
    draw(text, x, y, font, color, 0);
  }

  void center(String text, int x, int y, Font font, Color color) {
    draw(text, x, y, font, color, 0.5);
  }

  void right(String text, int x, int y, Font font, Color color) {
    draw(text, x, y, font, color, 1);
  }

  /**
   * Draws text that reads upwards.
   *
   * @param anchor 0 if the text begins at the point, 0.5 if it is centred there, 1 if it ends there
   */
  void upwards(String text, int x, int y, Font font, Color color, double anchor) {
    AffineTransform before = graphics.getTransform();
    graphics.rotate(-Math.PI / 2, x, y);
    draw(text, x, y, font, color, anchor);
    graphics.setTransform(before);
  }

  private void draw(String text, int x, int y, Font font, Color color, double anchor) {
    FontMetrics metrics = graphics.getFontMetrics(font);
    graphics.setFont(font);
    graphics.setColor(color);
    float left = (float) (x - anchor * metrics.stringWidth(text));
    graphics.drawString(text, left, y + (metrics.getAscent() - metrics.getDescent()) / 2f);
  }

  /** Returns the text, or its beginning and an ellipsis if it is wider than {@code width}. */
  String fit(String text, Font font, int width) {
    FontMetrics metrics = graphics.getFontMetrics(font);
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    int end = text.length();
    while (end > 1 && metrics.stringWidth(text.substring(0, end) + "…") > width) {
      end--;
    }
    return text.substring(0, end) + "…";
  }

  int width(String text, Font font) {
    return graphics.getFontMetrics(font).stringWidth(text);
  }

  byte[] png() {
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
