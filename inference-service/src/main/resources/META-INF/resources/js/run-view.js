/** The run: what it is, how far it is, and its curves. */
import { $, figure, h, replace } from "./dom.js";
import { age, ago, clock, count, dashed, duration, loss, percent } from "./format.js";
import { Chart } from "./charts.js";

const SILENT_SECONDS = 30;
const SEGMENTS_UP_TO = 40;

/** The last value of a row up to a place. */
function lastOf(row, place) {
  for (let i = place ?? row.length - 1; i >= 0; i--) {
    if (row[i] !== null && row[i] !== undefined) return row[i];
  }
  return null;
}

function legend(element, format) {
  const train = h("b");
  const validation = h("b");
  const at = h("span", { class: "at" });
  replace(
    element,
    at,
    h("span", {}, "Train ", train),
    h("span", { class: "validation" }, "Validation ", validation),
  );
  return (place, data) => {
    const x = place === null ? null : data[0][place];
    at.textContent = x === null ? "" : `Epoch ${x.toFixed(1)}`;
    train.textContent = format(place === null ? lastOf(data[1]) ?? lastOf(data[2]) : lastOf(data[1], place) ?? lastOf(data[2], place));
    validation.textContent = format(lastOf(data[3], place));
  };
}

const summary = (what, epochs, train, validation, format) => {
  const last = epochs.at(-1);
  return last
    ? `${what} by epoch. After epoch ${last.epoch}: training ${format(train(last))}, validation ${format(validation(last))}.`
    : `${what} by epoch; none is complete yet.`;
};

const read = {
  loss: { within: (p) => p.loss, train: (e) => e.trainLoss, validation: (e) => e.validationLoss },
  accuracy: {
    within: (p) => p.accuracy,
    train: (e) => e.trainAccuracy,
    validation: (e) => e.validationAccuracy,
  },
};

const charts = {
  loss: new Chart($("loss-chart"), {
    read: read.loss,
    range: (u, min, max) => [0, Math.max(max ?? 1, 0.1) * 1.06],
    format: (tick) => String(Number(tick.toFixed(2))),
    label: (epochs) => summary("Loss", epochs, read.loss.train, read.loss.validation, loss),
    legend: legend($("loss-legend"), loss),
  }),
  accuracy: new Chart($("accuracy-chart"), {
    read: read.accuracy,
    range: () => [0, 1],
    format: (tick) => `${Math.round(100 * tick)} %`,
    label: (epochs) =>
      summary("Accuracy", epochs, read.accuracy.train, read.accuracy.validation, percent),
    legend: legend($("accuracy-legend"), percent),
  }),
};

/** What the run is doing, as a word, a tone for it and a sentence. */
function status(state) {
  const { latest, run, report } = state;
  if (!run) return ["Waiting", "none", "Waiting for a run"];
  if (latest?.type === "FAILED") return ["Failed", "bad", run];
  if (latest?.type === "FINISHED" || report.includes("report.json")) return ["Complete", "good", run];
  if (!latest) return state.epochs.length > 0 ? ["Quiet", "none", run] : ["Starting", "live", run];
  if (age(latest.time) > SILENT_SECONDS) return [`Last heard ${ago(latest.time)}`, "warn", run];
  if (latest.type === "EPOCH" && latest.epoch === latest.epochs) return ["Evaluating", "live", run];
  return ["Training", "live", run];
}

function recipe(description) {
  if (!description) return "";
  const { settings, stream, device } = description;
  return [
    settings.architecture,
    `on ${stream.dataset.name}`,
    `${dashed(settings.schedule)}, ${settings.learningRate}`,
    `batch ${stream.batchSize}`,
    `seed ${settings.seed}`,
    String(device).replace("()", ""),
  ].join(" · ");
}

function figures(state, word) {
  const { latest, epochs, best, test } = state;
  const running = word === "Training" || word === "Evaluating";
  const last = epochs.at(-1);
  const shown = [];
  if (running) {
    shown.push(figure("images/s", count(Math.round(latest.imagesPerSecond ?? 0))));
    if (latest.etaSeconds !== undefined) shown.push(figure("time left", duration(latest.etaSeconds)));
    shown.push(figure("loss", loss(latest.loss)));
    shown.push(figure("accuracy", percent(latest.accuracy)));
  } else if (last) {
    shown.push(figure("loss", loss(last.trainLoss)));
    const seconds = epochs.reduce((sum, epoch) => sum + (epoch.seconds ?? 0), 0);
    if (seconds > 0) shown.push(figure("trained for", duration(seconds)));
  }
  if (best) shown.push(figure("best validation", percent(best.validationAccuracy)));
  if (test !== null) shown.push(figure("test accuracy", percent(test)));
  return shown;
}

let segments = [];

function track(epochs, planned, done) {
  const wanted = planned <= SEGMENTS_UP_TO ? planned : 1;
  const element = $("epoch-track");
  if (segments.length !== wanted) {
    segments = Array.from({ length: wanted }, () => h("b"));
    replace(element, ...segments.map((fill) => h("i", {}, fill)));
    element.classList.toggle("dense", wanted === 1);
  }
  segments.forEach((fill, i) => {
    const part = wanted === 1 ? done / planned : Math.min(1, Math.max(0, done - i));
    fill.style.width = `${100 * part}%`;
  });
  element.setAttribute("aria-valuenow", Math.round((100 * done) / planned));
}

function progress(state, planned) {
  const { latest, epochs } = state;
  const trained = epochs.at(-1)?.epoch ?? 0;
  const inEpoch = latest && latest.batches > 0 && latest.type !== "FINISHED";
  const done = inEpoch
    ? Math.max(latest.epoch - 1 + latest.batch / latest.batches, 0)
    : trained;
  const epoch = inEpoch ? latest.epoch : trained;
  $("epoch-text").textContent = `Epoch ${epoch} of ${planned}`;
  $("step-text").textContent = inEpoch
    ? `step ${count(latest.batch)} of ${count(latest.batches)} · ${count(latest.step)} in all`
    : `${count(epochs.at(-1)?.step ?? 0)} steps`;
  track(epochs, planned, Math.min(done, planned));
}

function rows(epochs, best) {
  const cells = (e) => [
    String(e.epoch),
    loss(e.trainLoss),
    loss(e.validationLoss),
    percent(e.trainAccuracy, 2),
    percent(e.validationAccuracy, 2),
    e.learningRate?.toPrecision(3) ?? "–",
    e.imagesPerSecond ? count(Math.round(e.imagesPerSecond)) : "–",
  ];
  replace(
    $("epoch-rows"),
    ...epochs
      .map((e) =>
        h("tr", { class: e.epoch === best?.epoch ? "best" : null }, ...cells(e).map((c) => h("td", {}, c))),
      )
      .reverse(),
  );
}

const WAITERS = { trainer: "The trainer", ingest: "Ingest", inference: "The inference service" };

function waits(waiting) {
  const element = $("run-waiting");
  const text = waiting
    .map(({ service, what, since }) => `${WAITERS[service] ?? service} waits for ${what}, since ${clock(since)}.`)
    .join(" ");
  element.hidden = !text;
  // A status is read aloud whenever its text is set.
  if (element.textContent !== text) element.textContent = text;
}

export function showRun(state) {
  waits(state.waiting);
  const [word, tone, title] = status(state);
  const { latest, epochs, progress: points, description } = state;
  $("run-status").textContent = word;
  $("run-status").dataset.state = tone;
  $("run-title").textContent = title;
  $("run-recipe").textContent =
    latest?.type === "FAILED" && latest.message ? latest.message : recipe(description);
  const planned = latest?.epochs || description?.settings.epochs || 0;
  const begun = planned > 0 && (points.length > 0 || epochs.length > 0 || latest);
  for (const id of ["run-progress", "charts"]) $(id).hidden = !begun;
  $("epochs").hidden = epochs.length === 0;
  $("run-empty").hidden = Boolean(begun);
  $("run-none").hidden = Boolean(state.run);
  $("run-soon").hidden = !state.run;
  replace($("run-figures"), ...(begun ? figures(state, word) : []));
  if (!begun) return;
  progress(state, planned);
  rows(epochs, state.best);
  charts.loss.show(points, epochs, planned);
  charts.accuracy.show(points, epochs, planned);
}
