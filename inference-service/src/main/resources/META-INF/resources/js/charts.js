/** Curves over epochs: faint within the epoch, strong from epoch to epoch. */
import { colour } from "./dom.js";

const FONT = '12px "Inter", sans-serif';
const POINTS_UP_TO = 60;
const WHOLE_RUN_UP_TO = 24;

/** The part of an epoch whose mean is over too few minibatches to say anything. */
const BEGINNING = 0.06;

/**
 * Rows for uPlot: x, within the epoch, training, validation. Undefined is "nothing here", null
 * breaks the line; the mean of an epoch begins anew, so the faint line does too.
 */
function align(progress, epochs, within, train, validation) {
  const rows = new Map();
  const row = (x) => {
    if (!rows.has(x)) rows.set(x, [x, undefined, undefined, undefined]);
    return rows.get(x);
  };
  let epoch = 0;
  for (const point of progress) {
    const current = Math.ceil(point.epochs - 1e-9);
    if (current !== epoch) row(current - 1 + BEGINNING / 2)[1] = null;
    epoch = current;
    if (point.epochs > current - 1 + BEGINNING) row(point.epochs)[1] = within(point);
  }
  for (const point of epochs) {
    row(point.epoch)[2] = train(point) ?? null;
    row(point.epoch)[3] = validation(point) ?? null;
  }
  const sorted = [...rows.values()].sort((a, b) => a[0] - b[0]);
  return [0, 1, 2, 3].map((column) => sorted.map((r) => r[column]));
}

function series(label, name, width, points) {
  return {
    label,
    stroke: colour(name),
    width,
    spanGaps: true,
    points: { show: points, size: 6, fill: colour("--card"), stroke: colour(name), width: 2 },
  };
}

export class Chart {
  /**
   * @param read functions of a progress point and of an epoch: within, train, validation
   * @param legend shows values at a place, or the last ones if that is null
   */
  constructor(element, { read, range, format, label, legend }) {
    Object.assign(this, { element, read, range, format, label, legend });
    this.data = [[], [], [], []];
    this.epochs = 1;
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  size() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  show(progress, epochs, planned) {
    const { within, train, validation } = this.read;
    this.data = align(progress, epochs, within, train, validation);
    const points = epochs.length <= POINTS_UP_TO;
    const rebuild = !this.plot || points !== this.points;
    this.points = points;
    const reached = Math.max(...this.data[0], epochs.at(-1)?.epoch ?? 0, 1);
    // The whole run, unless it is so long that its beginning would be a speck.
    this.epochs =
      planned <= WHOLE_RUN_UP_TO ? planned : Math.min(planned, Math.max(8, Math.ceil(reached * 1.25)));
    if (rebuild) this.draw();
    else this.plot.setData(this.data);
    this.legend(null, this.data);
    this.element.setAttribute("aria-label", this.label(epochs));
  }

  draw() {
    if (!this.element.clientWidth) return;
    this.plot?.destroy();
    const axis = {
      stroke: colour("--muted"),
      font: FONT,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    this.plot = new window.uPlot(
      {
        ...this.size(),
        legend: { show: false },
        padding: [10, 8, 0, 0],
        cursor: {
          y: false,
          points: { size: 8 },
          sync: { key: "epochs", setSeries: false },
          drag: { x: false, y: false },
        },
        scales: { x: { time: false, range: () => [0, this.epochs] }, y: { range: this.range } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 30,
            gap: 6,
            incrs: [1, 2, 5, 10, 20, 25, 50, 100],
            values: (u, ticks) => ticks.map((tick) => (tick ? String(tick) : "0")),
          },
          { ...axis, size: 44, gap: 8, values: (u, ticks) => ticks.map(this.format) },
        ],
        series: [
          {},
          {
            label: "within the epoch",
            stroke: colour("--train"),
            width: 1.25,
            alpha: 0.42,
            points: { show: false },
          },
          series("train", "--train", 2.25, this.points),
          series("validation", "--validation", 2.25, this.points),
        ],
        hooks: { setCursor: [(u) => this.legend(u.cursor.idx ?? null, this.data)] },
      },
      this.data,
      this.element,
    );
  }
}
