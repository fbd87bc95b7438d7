package dev.millrace.benchmarks.report;

import java.util.List;
import java.util.Locale;

/** A line chart with a logarithmic x axis, rendered as SVG. */
public record Plot(String title, String xTitle, List<Point> points) {
  static final int WIDTH = 420;
  static final int HEIGHT = 280;
  private static final int LEFT = 56;
  private static final int TOP = 36;
  private static final int RIGHT = 16;
  private static final int BOTTOM = 44;
  private static final int TICKS = 4;
  private static final String INK = "#5f6368";

  /**
   * A point of the line.
   *
   * @param x the position on the logarithmic axis, above 0
   */
  public record Point(double x, double y) {}

  /** Renders charts side by side in one SVG file. */
  public static String svg(List<Plot> plots) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        format(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' font-size='12'>%n",
            WIDTH * plots.size(), HEIGHT));
    svg.append("<rect width='100%' height='100%' fill='#ffffff'/>\n");
    for (int i = 0; i < plots.size(); i++) {
      svg.append(format("<g transform='translate(%d 0)'>%n", i * WIDTH));
      plots.get(i).draw(svg);
      svg.append("</g>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  private void draw(StringBuilder svg) {
    double top = roundUp(points.stream().mapToDouble(Point::y).max().orElseThrow());
    svg.append(text(LEFT, 20, "start", "#202124", title));
    for (int i = 0; i <= TICKS; i++) {
      double y = y(top * i / TICKS, top);
      svg.append(
          format(
              "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#e0e0e0'/>%n",
              LEFT, WIDTH - RIGHT, y, y));
      svg.append(text(LEFT - 8, y + 4, "end", INK, format("%,.0f", top * i / TICKS)));
    }
    StringBuilder line = new StringBuilder();
    for (Point point : points) {
      line.append(format("%.1f,%.1f ", x(point), y(point.y, top)));
      svg.append(
          format(
              "<circle cx='%.1f' cy='%.1f' r='3.5' fill='#0072b2'/>%n", x(point), y(point.y, top)));
      svg.append(text(x(point), HEIGHT - BOTTOM + 18, "middle", INK, format("%.0f", point.x)));
    }
    svg.append(
        format(
            "<polyline points='%s' fill='none' stroke='#0072b2' stroke-width='2'/>%n",
            line.toString().strip()));
    svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "middle", INK, xTitle));
  }

  private double x(Point point) {
    double first = Math.log(points.get(0).x);
    double last = Math.log(points.get(points.size() - 1).x);
    return LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * (Math.log(point.x) - first) / (last - first);
  }

  private static double y(double value, double top) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top;
  }

  /** Rounds up to a number of one or two digits that is convenient to divide by four. */
  private static double roundUp(double value) {
    double unit = Math.pow(10, Math.floor(Math.log10(value)));
    for (double factor : new double[] {1, 1.2, 1.6, 2, 3, 4, 6, 8}) {
      if (factor * unit >= value) {
        return factor * unit;
      }
    }
    return 10 * unit;
  }

  private static String text(double x, double y, String anchor, String colour, String text) {
    return format(
        "<text x='%.1f' y='%.1f' text-anchor='%s' fill='%s'>%s</text>%n",
        x, y, anchor, colour, text);
  }

  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
