package dev.millrace.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws {@code curves.png}: four panels with loss, accuracy, error and learning rate by epoch. */
public final class CurvesPicture {
  private static final int PANEL_WIDTH = 800;
  private static final int PANEL_HEIGHT = 520;
  private static final int HEADER = 76;
  private static final int MARKED_EPOCHS = 30;
  private static final BasicStroke SOLID = stroke(2.5f);
  private static final BasicStroke DASHED = stroke(2.5f, 9, 5);

  private final String title;
  private final String subtitle;
  private final List<Epoch> epochs;
  private final Best best;

  /**
   * The values of an epoch.
   *
   * @param epoch the epoch, from 1
   * @param trainLoss mean cross-entropy in nats, as {@code validationLoss}
   * @param trainAccuracy in [0, 1], as {@code validationAccuracy}
   */
  public record Epoch(
      int epoch,
      double trainLoss,
      double trainAccuracy,
      double validationLoss,
      double validationAccuracy,
      double learningRate) {}

  /**
   * The result on the test split.
   *
   * @param epoch the epoch of the best checkpoint
   * @param testLoss mean cross-entropy in nats
   * @param testAccuracy in [0, 1]
   */
  public record Best(int epoch, double testLoss, double testAccuracy) {}

  /**
   * Creates the picture.
   *
   * @param epochs at least one, ascending
   */
  public CurvesPicture(String title, String subtitle, List<Epoch> epochs, Best best) {
    this.title = title;
    this.subtitle = subtitle;
    this.epochs = epochs;
    this.best = best;
  }

  public byte[] png() {
    Canvas canvas = new Canvas(2 * PANEL_WIDTH, HEADER + 2 * PANEL_HEIGHT);
    canvas.left(title, 24, 28, Style.bold(24), Style.TEXT);
    canvas.left(subtitle, 24, 58, Style.font(17), Style.FAINT_TEXT);
    XYChart loss = panel("Loss", "mean cross-entropy (nats)", "0.0##");
    both(loss, Epoch::trainLoss, Epoch::validationLoss);
    test(loss, best.testLoss());
    XYChart accuracy = panel("Accuracy", "correct (%)", "0.##");
    both(accuracy, e -> 100 * e.trainAccuracy(), e -> 100 * e.validationAccuracy());
    test(accuracy, 100 * best.testAccuracy());
    XYChart error = panel("Error rate", "wrong (%)", "0.##");
    both(error, e -> 100 * (1 - e.trainAccuracy()), e -> 100 * (1 - e.validationAccuracy()));
    test(error, 100 * (1 - best.testAccuracy()));
    XYChart rate = panel("Learning rate", "of the epoch's last step", "0.#######");
    rate.getStyler().setLegendVisible(false);
    line(rate, "learning rate", Epoch::learningRate, Style.TEXT, SOLID, SeriesMarkers.CIRCLE);
    paint(canvas, loss, 0, 0);
    paint(canvas, accuracy, 1, 0);
    paint(canvas, error, 0, 1);
    paint(canvas, rate, 1, 1);
    return canvas.png();
  }

  private static void paint(Canvas canvas, XYChart chart, int column, int row) {
    Graphics2D panel = (Graphics2D) canvas.graphics().create();
    panel.translate(column * PANEL_WIDTH, HEADER + row * PANEL_HEIGHT);
    chart.paint(panel, PANEL_WIDTH, PANEL_HEIGHT);
    panel.dispose();
  }

  private XYChart panel(String name, String unit, String pattern) {
    XYChart chart =
        new XYChartBuilder()
            .width(PANEL_WIDTH)
            .height(PANEL_HEIGHT)
            .title(name)
            .xAxisTitle("epoch")
            .yAxisTitle(unit)
            .build();
    XYStyler style = chart.getStyler();
    style.setBaseFont(Style.font(14));
    style.setChartTitleFont(Style.bold(19)).setLegendFont(Style.font(15));
    style.setAnnotationTextFont(Style.font(14));
    style.setAxisTitleFont(Style.font(15)).setAxisTickLabelsFont(Style.font(14));
    style.setChartFontColor(Style.TEXT).setChartBackgroundColor(Style.PAPER);
    style.setChartTitleBoxVisible(false).setPlotBorderVisible(false);
    style.setPlotBackgroundColor(Style.PAPER);
    style.setLegendPosition(LegendPosition.OutsideS).setLegendBorderColor(Style.PAPER);
    style.setLegendLayout(LegendLayout.Horizontal);
    style.setLegendSeriesLineLength(34).setMarkerSize(8);
    style.setPlotGridLinesColor(Style.LINE).setPlotGridLinesStroke(stroke(1));
    style.setAxisTickLabelsColor(Style.TEXT).setAxisTickMarksColor(Style.FAINT_TEXT);
    style.setLocale(Locale.ROOT).setXAxisDecimalPattern("0").setYAxisDecimalPattern(pattern);
    style.setXAxisTickMarkSpacingHint(
        epochs.size() > MARKED_EPOCHS ? 140 : Math.max(60, PANEL_WIDTH / epochs.size()));
    style.setChartPadding(18).setYAxisLeftWidthHint(72);
    if (epochs.size() > MARKED_EPOCHS) {
      // This puts the ticks at round epochs.
      style.setXAxisMin(0.0);
    }
    style.setAnnotationLineColor(Style.GREEN).setAnnotationLineStroke(stroke(1.5f, 3, 4));
    if (epochs.size() > 1) {
      chart.addAnnotation(new AnnotationLine(best.epoch(), true, false));
    }
    return chart;
  }

  private void both(XYChart chart, ToDoubleFunction<Epoch> train, ToDoubleFunction<Epoch> other) {
    line(chart, "train", train, Style.BLUE, SOLID, SeriesMarkers.CIRCLE);
    line(chart, "validation", other, Style.ORANGE, DASHED, SeriesMarkers.SQUARE);
  }

  private void line(
      XYChart chart,
      String name,
      ToDoubleFunction<Epoch> value,
      Color color,
      BasicStroke stroke,
      Marker marker) {
    double[] x = epochs.stream().mapToDouble(Epoch::epoch).toArray();
    double[] y = epochs.stream().mapToDouble(value).toArray();
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarkerColor(color);
    series.setLineColor(color).setLineStyle(stroke);
    series.setMarker(epochs.size() <= MARKED_EPOCHS ? marker : SeriesMarkers.NONE);
  }

  private void test(XYChart chart, double value) {
    XYSeries series =
        chart.addSeries(
            "test, best epoch (%d)".formatted(best.epoch()),
            new double[] {best.epoch()},
            new double[] {value});
    series.setMarker(SeriesMarkers.DIAMOND).setMarkerColor(Style.GREEN);
    series.setLineColor(Style.GREEN).setLineStyle(SeriesLines.NONE);
  }

  private static BasicStroke stroke(float width, float... dashes) {
    return new BasicStroke(
        width,
        BasicStroke.CAP_BUTT,
        BasicStroke.JOIN_ROUND,
        1,
        dashes.length == 0 ? null : dashes,
        0);
  }
}
