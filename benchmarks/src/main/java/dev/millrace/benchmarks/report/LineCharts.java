package dev.millrace.benchmarks.report;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.CategoryStyler;

/** Line charts side by side in one picture. */
public final class LineCharts {
  private static final int WIDTH = 520;
  private static final int HEIGHT = 340;

  private final List<CategoryChart> charts = new ArrayList<>();

  /**
   * Adds a chart.
   *
   * @param points y by x. Neighbours have equal distances, so powers of two give a logarithmic axis
   */
  public void add(String title, String xTitle, Map<Integer, Double> points) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .build();
    CategoryStyler style = chart.getStyler();
    style.setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
    style.setLegendVisible(false).setChartBackgroundColor(Color.WHITE);
    style.setPlotBorderVisible(false).setChartTitleBoxVisible(false);
    style.setPlotGridVerticalLinesVisible(false).setYAxisMin(0.0);
    style.setLocale(Locale.ROOT).setYAxisDecimalPattern("#,##0");
    chart.addSeries(title, List.copyOf(points.keySet()), List.copyOf(points.values()));
    charts.add(chart);
  }

  /** Writes all charts into a PNG file. */
  public void write(Path png) throws IOException {
    BitmapEncoder.saveBitmap(charts, 1, charts.size(), png.toString(), BitmapFormat.PNG);
  }
}
