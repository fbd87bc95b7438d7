package dev.millrace.trainer.report;

import java.awt.Color;
import java.awt.Font;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Draws {@code confusion-matrix.png}: one row for each true class, one column for each predicted
 * class. The shade of a cell is its share of the row. Up to {@value #NUMBERED_CLASSES} classes,
 * cells also contain their count.
 */
public final class ConfusionPicture {
  /**
   * Maximum number of classes. A picture of more classes would be larger than a screen, and its
   * memory grows with the square of their number.
   */
  public static final int MAX_CLASSES = 200;

  private static final int NUMBERED_CLASSES = 20;
  private static final int HEADER = 92;
  private static final int MARGIN = 24;

  /** Shares in the legend, denser where they are small because their shades differ most. */
  private static final double[] LEGEND = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 1};

  /** ColorBrewer's "Blues": one hue from light to dark, which colour-blind people can read too. */
  private static final Color[] BLUES = {
    new Color(0xFFFFFF),
    new Color(0xDEEBF7),
    new Color(0xC6DBEF),
    new Color(0x9ECAE1),
    new Color(0x6BAED6),
    new Color(0x4292C6),
    new Color(0x2171B5),
    new Color(0x08519C),
    new Color(0x08306B)
  };

  private final String title;
  private final String subtitle;
  private final List<String> classes;
  private final int[][] counts;
  private final int cell;
  private final Font labels;

  /**
   * Creates the picture.
   *
   * @param classes names of the classes, at most {@value #MAX_CLASSES}
   * @param counts numbers of images, by true class, then by predicted class
   */
  public ConfusionPicture(String title, String subtitle, List<String> classes, int[][] counts) {
    this.title = title;
    this.subtitle = subtitle;
    this.classes = classes;
    this.counts = counts;
    boolean few = classes.size() <= NUMBERED_CLASSES;
    cell =
        few
            ? Math.max(46, Math.min(76, 760 / classes.size()))
            : Math.max(10, 1400 / classes.size());
    labels = Style.font(few ? 16 : Math.min(13, cell - 1));
  }

  public byte[] png() {
    int n = classes.size();
    Canvas probe = new Canvas(1, 1);
    int widest = classes.stream().mapToInt(name -> probe.width(name, labels)).max().orElse(0);
    int label = Math.min(widest, 220) + 14;
    int left = MARGIN + 34 + label;
    int top = HEADER + 34 + label;
    int size = n * cell;
    int rates = n <= NUMBERED_CLASSES ? 84 : 66;
    int width = left + size + rates + MARGIN;
    Canvas canvas = new Canvas(Math.max(width, 700), top + size + 140);
    canvas.left(title, MARGIN, 30, Style.bold(24), Style.TEXT);
    canvas.left(subtitle, MARGIN, 62, Style.font(17), Style.FAINT_TEXT);
    canvas.center("predicted class", left + size / 2, HEADER + 16, Style.bold(17), Style.TEXT);
    canvas.upwards("true class", MARGIN + 12, top + size / 2, Style.bold(17), Style.TEXT, 0.5);
    for (int c = 0; c < n; c++) {
      String name = canvas.fit(classes.get(c), labels, label - 10);
      int middle = c * cell + cell / 2;
      canvas.right(name, left - 8, top + middle, labels, Style.TEXT);
      canvas.upwards(name, left + middle, top - 8, labels, Style.TEXT, 0);
    }
    cells(canvas, left, top);
    rates(canvas, left, top, size);
    legend(canvas, left, top + size + 70);
    return canvas.png();
  }

  private void cells(Canvas canvas, int left, int top) {
    int n = classes.size();
    for (int row = 0; row < n; row++) {
      int images = Arrays.stream(counts[row]).sum();
      for (int column = 0; column < n; column++) {
        int count = counts[row][column];
        double share = images == 0 ? 0 : (double) count / images;
        int x = left + column * cell;
        int y = top + row * cell;
        canvas.fill(x, y, cell, cell, shade(share));
        if (n <= NUMBERED_CLASSES && count > 0) {
          Font font = row == column ? Style.bold(18) : Style.font(16);
          Color ink = share > 0.2 ? Color.WHITE : Style.TEXT;
          canvas.center(Integer.toString(count), x + cell / 2, y + cell / 2, font, ink);
        }
      }
    }
    // Lines separate all cells if there are few classes, otherwise groups of ten.
    int every = n <= NUMBERED_CLASSES ? 1 : 10;
    for (int i = 0; i <= n; i += every) {
      canvas.fill(left + i * cell, top, 1, n * cell + 1, Style.LINE);
      canvas.fill(left, top + i * cell, n * cell + 1, 1, Style.LINE);
    }
    canvas.frame(left, top, n * cell, n * cell, Style.FAINT_TEXT, 1);
  }

  /** Draws recall to the right of every row and precision below every column. */
  private void rates(Canvas canvas, int left, int top, int size) {
    int n = classes.size();
    boolean few = n <= NUMBERED_CLASSES;
    Font font = few ? Style.font(16) : labels;
    Font head = Style.bold(few ? 15 : 13);
    for (int c = 0; c < n; c++) {
      int middle = c * cell + cell / 2;
      int column = 0;
      for (int[] row : counts) {
        column += row[c];
      }
      String recall = rate(counts[c][c], Arrays.stream(counts[c]).sum(), few);
      String precision = rate(counts[c][c], column, few);
      canvas.left(recall, left + size + 10, top + middle, font, Style.TEXT);
      if (few) {
        canvas.center(precision, left + middle, top + size + 20, font, Style.TEXT);
      } else {
        canvas.upwards(precision, left + middle, top + size + 8, font, Style.TEXT, 1);
      }
    }
    canvas.left(few ? "recall" : "recall %", left + size + 10, top - 16, head, Style.TEXT);
    canvas.right(few ? "precision" : "precision %", left - 8, top + size + 20, head, Style.TEXT);
  }

  private static String rate(int part, int whole, boolean few) {
    if (whole == 0) {
      return "–";
    }
    return String.format(Locale.ROOT, few ? "%.1f%%" : "%.0f", 100.0 * part / whole);
  }

  private void legend(Canvas canvas, int left, int y) {
    String words = "share of the true class's images";
    canvas.left(words, left, y, Style.font(15), Style.TEXT);
    int x = left;
    for (double share : LEGEND) {
      canvas.fill(x, y + 16, 44, 20, shade(share));
      canvas.frame(x, y + 16, 44, 20, Style.LINE, 1);
      String text = String.format(Locale.ROOT, "%.0f%%", 100 * share);
      canvas.center(text, x + 22, y + 48, Style.font(13), Style.FAINT_TEXT);
      x += 44;
    }
  }

  /**
   * Returns the shade of a share. It follows the square root of the share, so that one image in a
   * hundred remains visible.
   */
  private static Color shade(double share) {
    double place = Math.sqrt(share) * (BLUES.length - 1);
    int below = Math.min((int) place, BLUES.length - 2);
    double part = place - below;
    Color from = BLUES[below];
    Color to = BLUES[below + 1];
    return new Color(
        mix(from.getRed(), to.getRed(), part),
        mix(from.getGreen(), to.getGreen(), part),
        mix(from.getBlue(), to.getBlue(), part));
  }

  private static int mix(int from, int to, double part) {
    return (int) Math.round(from + (to - from) * part);
  }
}
