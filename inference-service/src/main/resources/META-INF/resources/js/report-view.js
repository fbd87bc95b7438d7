/** What came out on the test set. */
import * as api from "./api.js";
import { confusion } from "./confusion.js";
import { $, figure, h, rail, replace } from "./dom.js";
import { count, percent } from "./format.js";

const FEW = 20;
const PAIRS = 6;
const SAMPLES = "sample-predictions.png";

let shown = null;

/** The pairs of classes that are taken for one another most. */
function confused(report) {
  const names = report.classes.map((c) => c.name);
  return report.confusion
    .flatMap((row, i) => row.map((n, j) => ({ n, of: report.classes[i].images, truth: names[i], guess: names[j], same: i === j })))
    .filter((cell) => !cell.same && cell.n > 0)
    .sort((a, b) => b.n / b.of - a.n / a.of)
    .slice(0, PAIRS);
}

function classBars(classes) {
  const sorted = [...classes].sort((a, b) => b.accuracy - a.accuracy);
  return h(
    "ol",
    {
      class: sorted.length > FEW ? "classes many" : "classes",
      tabindex: sorted.length > FEW ? "0" : null,
      "aria-label": "Accuracy by class, best first",
    },
    ...sorted.map((c) =>
      h(
        "li",
        { class: "class" },
        h("span", { class: "name", title: c.name }, c.name),
        rail(c.accuracy),
        h("span", { class: "value" }, `${(100 * c.accuracy).toFixed(1)} %`),
      ),
    ),
  );
}

/** The grid of test images as it stands in the report; its other files as links. */
function reportFiles(files) {
  const alt = "Test images with their true class and what was predicted";
  const link = (name, ...content) => h("a", { href: api.reportFile(name) }, ...content);
  return h(
    "div",
    { class: "report-files" },
    files.includes(SAMPLES)
      ? h(
          "figure",
          {},
          h("h3", {}, "Sample predictions"),
          h("p", { class: "sub" }, alt),
          link(SAMPLES, h("img", { src: api.reportFile(SAMPLES), alt, loading: "lazy" })),
        )
      : null,
    h("p", { class: "downloads" }, "The report's files: ", ...files.map((name) => link(name, name))),
  );
}

function show(report, files) {
  const { element, readout } = confusion(report.classes.map((c) => c.name), report.confusion);
  replace(
    $("results-body"),
    h(
      "div",
      { class: "verdict" },
      h(
        "dl",
        { class: "figures" },
        figure("test accuracy", (100 * report.testAccuracy).toFixed(2), "%"),
        figure("test error", report.testErrorPercent.toFixed(2), "%"),
        figure("test loss", report.testLoss.toFixed(3)),
        figure("images", count(report.testImages)),
        figure("best epoch", String(report.bestEpoch)),
      ),
    ),
    report.validation === "test"
      ? h("p", { class: "notice" }, "The best epoch was chosen on the test set, so this is no measure of new images.")
      : null,
    h(
      "div",
      { class: "results" },
      h(
        "div",
        {},
        h("h3", {}, "Confusion matrix"),
        h("p", { class: "sub" }, "Shaded by the share of the true class"),
        element,
        readout,
        h("p", { class: "scale" }, "0 %", h("i", {}), "100 %"),
      ),
      h(
        "div",
        { class: "stack" },
        h("div", {}, h("h3", {}, "Accuracy by class"), h("p", { class: "sub" }, "Best first"), classBars(report.classes)),
        h(
          "div",
          {},
          h("h3", {}, "Taken for one another"),
          h("p", { class: "sub" }, "The most frequent mistakes"),
          h(
            "ol",
            { class: "pairs" },
            ...confused(report).map((p) =>
              h("li", {}, h("b", {}, p.truth), " taken for ", h("b", {}, p.guess), h("span", { class: "muted" }, ` ${percent(p.n / p.of)}`)),
            ),
          ),
        ),
      ),
    ),
    reportFiles(files),
  );
}

function showNone(state) {
  const text = state.run
    ? "They come at the end of the run: the best checkpoint is evaluated once, on images it has never seen."
    : "They come at the end of a run.";
  replace($("results-body"), h("div", { class: "empty" }, h("p", {}, h("strong", {}, "No test results yet. ")), h("p", {}, text)));
}

/**
 * @param onReport told of the report when it is there
 */
export async function showReport(state, onReport) {
  const files = state.report;
  const key = files.includes("report.json") ? `${state.run} ${files.join(" ")}` : "none";
  if (key === shown) return;
  if (key === "none") {
    showNone(state);
    shown = key;
    return;
  }
  shown = key;
  try {
    const report = await api.report();
    show(report, files);
    onReport(report);
  } catch (refusal) {
    shown = null;
    replace($("results-body"), h("p", { class: "error" }, refusal.message));
  }
}
