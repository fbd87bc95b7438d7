/** Keeps what is known of the run, and shows it. */
import { bestIs, load as loadCheckpoints, show as showCheckpoints, whenPinned } from "./checkpoints-view.js";
import { $ } from "./dom.js";
import { synchronise } from "./format.js";
import { follow } from "./live.js";
import { servedChanged } from "./predict-view.js";
import { showReport } from "./report-view.js";
import { showRun } from "./run-view.js";
import { showServing } from "./serving-view.js";

const WORDS = { connecting: "Connecting", live: "Live", away: "Reconnecting" };
const AWAY_NOTICE = 4_000;
const REFRESH = 10_000;
const POINTS_KEPT = 4_000;

const state = {
  run: null,
  description: null,
  best: null,
  latest: null,
  epochs: [],
  progress: [],
  report: [],
  reload: { state: "empty" },
  waiting: [],
  pinned: false,
  test: null,
  problem: null,
};
const others = new Set();
let served = null;
let away = false;
let awayTimer = 0;
let frame = 0;

function show() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    showRun(state);
    showServing(state);
    bestIs(state.best);
    const what = away ? "The service does not answer; it is asked again every second." : null;
    const notice = what ?? (state.problem && `The store does not answer, so some of this may be old: ${state.problem}`);
    $("notice").hidden = !notice;
    $("notice").textContent = notice ?? "";
  });
}

/** The first time, and when another checkpoint serves. */
function servedIs(reload) {
  const id = reload.serving ? `${reload.serving.run}/${reload.serving.checkpoint}` : "none";
  if (id === served) return;
  served = id;
  servedChanged(reload.serving);
}

function onSnapshot(snapshot) {
  synchronise(snapshot.now);
  const { run = null, description = null, best = null, latest = null } = snapshot;
  if (run !== state.run) state.test = null;
  const { epochs, progress, report, reload, waiting = [] } = snapshot;
  Object.assign(state, { run, description, best, latest, epochs, progress, report, reload, waiting });
  state.problem = snapshot.storeProblem ?? null;
  servedIs(reload);
  loadCheckpoints();
  showReport(state, (result) => {
    state.test = result.testAccuracy;
    show();
  });
  document.title = run ? `${run} · Millrace` : "Millrace";
  show();
}

function onTraining(event) {
  if (state.run !== null && event.run !== state.run) {
    // A new run, perhaps, which the service would show now; asked once for each.
    if (!others.has(event.run)) live.refresh();
    others.add(event.run);
    return;
  }
  if (state.run === null || event.type === "FINISHED" || state.description === null) live.refresh();
  state.latest = event;
  if (event.loss !== undefined && event.batches > 0 && event.type !== "FAILED") {
    const place = event.epoch - 1 + event.batch / event.batches;
    // Training may go on from an earlier checkpoint: what it left again is taken back.
    state.progress = state.progress.filter((point) => point.epochs < place);
    state.progress.push({ epochs: place, loss: event.loss, accuracy: event.accuracy });
    if (state.progress.length > POINTS_KEPT) state.progress = state.progress.filter((point, i) => i % 2);
  }
  if (event.type === "EPOCH") {
    const { epoch, step, loss, accuracy, validationLoss, validationAccuracy, learningRate, imagesPerSecond } = event;
    state.epochs = state.epochs.filter((known) => known.epoch < epoch);
    state.epochs.push({
      epoch, step, trainLoss: loss, trainAccuracy: accuracy, validationLoss, validationAccuracy, learningRate, imagesPerSecond,
    });
  }
  show();
}

function onCheckpoint(event) {
  if (event.type === "BEST" && event.run === state.run) {
    const { run, checkpoint, epoch, step, validationAccuracy } = event;
    state.best = { run, checkpoint, epoch, step, validationAccuracy };
    show();
  }
  loadCheckpoints();
}

function onEvent(type, data) {
  if (type === "training") onTraining(data);
  else if (type === "checkpoint") onCheckpoint(data);
  else if (type === "waiting") {
    state.waiting = data;
    show();
  } else if (type === "reload") {
    state.reload = data;
    servedIs(data);
    loadCheckpoints();
    // Of a sweep, the run that serves is shown.
    if (data.serving && data.serving.run !== state.run) live.refresh();
    show();
  }
}

function onState(connection) {
  $("connection").dataset.state = connection;
  $("connection").textContent = WORDS[connection];
  clearTimeout(awayTimer);
  if (connection === "away") {
    awayTimer = setTimeout(() => {
      away = true;
      show();
    }, AWAY_NOTICE);
  } else if (away) {
    away = false;
    show();
  }
}

whenPinned((pinned) => {
  if (pinned === state.pinned) return;
  state.pinned = pinned;
  show();
});
const live = follow({ onSnapshot, onEvent, onState });
// Ages grow without events, and a store that was away does not say that it is back.
setInterval(() => {
  if (state.problem) live.refresh();
  show();
  showCheckpoints();
}, REFRESH);
