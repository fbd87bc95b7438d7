/** An image in, a bar for every class out. */
import * as api from "./api.js";
import { $, drawPlanes, h, rail, replace } from "./dom.js";
import { count, percent } from "./format.js";
import { confirm, tokenOf } from "./token-dialog.js";

const FEW = 10;
const TYPES = ["image/png", "image/jpeg"];

let asked = null; // what is on the page: { content, type, truth, draw }
let turn = 0;
let all = false;

const hint = (text) => h("p", { class: "empty" }, text);

function bar({ label, probability }, first) {
  return h(
    "li",
    { class: first ? "bar first" : "bar" },
    h("span", { class: "name", title: label }, label),
    rail(probability),
    h("span", { class: "value" }, percent(probability)),
  );
}

function verdict(truth, label) {
  if (!truth) return null;
  return truth === label
    ? h("p", { class: "truth right" }, "✓ Right")
    : h("p", { class: "truth wrong" }, `✗ It is ${truth}`);
}

function showAnswer(answer, millis) {
  const { predictions } = answer;
  const shown = all ? predictions : predictions.slice(0, FEW);
  const more = predictions.length > FEW;
  $("answer-said").textContent = `${predictions[0].label}, ${percent(predictions[0].probability)}`;
  replace(
    $("answer"),
    h(
      "div",
      { class: "answer-head" },
      h("strong", { id: "answer-label" }, predictions[0].label),
      h("span", { class: "p" }, percent(predictions[0].probability)),
    ),
    verdict(asked.truth, predictions[0].label),
    h("ol", { class: all ? "bars many" : "bars" }, ...shown.map((p, i) => bar(p, i === 0))),
    more
      ? h(
          "button",
          {
            class: "button quiet",
            type: "button",
            onclick: () => {
              all = !all;
              showAnswer(answer, millis);
            },
          },
          all ? `Show the first ${FEW}` : `Show all ${predictions.length} classes`,
        )
      : null,
    h(
      "p",
      { class: "by" },
      "Answered by ",
      h("span", { class: "mono", id: "answer-checkpoint" }, answer.checkpoint),
      ` (epoch ${answer.epoch}, step ${count(answer.step)}) in ${millis} ms`,
      answer.note ? `; ${answer.note}` : "",
    ),
  );
}

function showFailure(message) {
  replace($("answer"), h("p", { class: "error", role: "alert" }, message));
}

function showLocked() {
  replace(
    $("answer"),
    h(
      "div",
      { class: "empty" },
      h("p", {}, h("strong", {}, "This service asks for a token before it predicts.")),
      h("button", { class: "button primary", type: "button", onclick: unlock }, "Enter token"),
    ),
  );
}

async function unlock() {
  const answer = await confirm({
    title: "Predictions need a token",
    text: "It was set by whoever runs this service.",
    action: "Predict",
    kind: "predict",
    send: (token) => api.predict(asked.content, asked.type, token),
  });
  if (answer) ask();
}

async function ask() {
  const mine = ++turn;
  const begin = performance.now();
  try {
    const answer = await api.predict(asked.content, asked.type, tokenOf("predict"));
    if (mine === turn) showAnswer(answer, Math.round(performance.now() - begin));
  } catch (refusal) {
    if (mine !== turn) return;
    if (refusal.status === 401) showLocked();
    else showFailure(refusal.message);
  }
}

async function take(image) {
  asked = image;
  const canvas = $("preview");
  document.querySelectorAll(".sample").forEach((s) => s.setAttribute("aria-pressed", "false"));
  await image.draw(canvas);
  canvas.hidden = false;
  $("drop").classList.add("filled");
  await ask();
}

/** The preview is what the network sees: 32x32. */
async function drawFile(file, canvas) {
  const bitmap = await createImageBitmap(file, {
    resizeWidth: 32,
    resizeHeight: 32,
    resizeQuality: "high",
  });
  canvas.width = canvas.height = 32;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

async function takeFile(file) {
  if (!file) return;
  if (!TYPES.includes(file.type)) {
    showFailure(`${file.name || "That"} is ${file.type || "no image"}; it must be a PNG or a JPEG.`);
    return;
  }
  try {
    await take({ content: file, type: file.type, draw: (canvas) => drawFile(file, canvas) });
  } catch {
    showFailure(`${file.name || "That image"} cannot be read; is it whole?`);
  }
}

function sampleButton({ label, pixels }, number) {
  const planes = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0));
  const canvas = h("canvas", { class: "pixels" });
  drawPlanes(canvas, planes);
  const button = h(
    "button",
    {
      class: "sample",
      type: "button",
      title: label ?? `Sample ${number}`,
      "aria-label": `Classify test image ${number}${label ? `, ${label}` : ""}`,
      "aria-pressed": "false",
    },
    canvas,
  );
  button.addEventListener("click", async () => {
    const content = new Blob([planes]);
    const type = "application/octet-stream";
    const taken = take({ content, type, truth: label, draw: (c) => drawPlanes(c, planes) });
    button.setAttribute("aria-pressed", "true");
    await taken;
  });
  return button;
}

async function loadSamples() {
  const { samples, source } = await api.samples();
  $("samples-block").hidden = samples.length === 0;
  $("samples-title").textContent =
    source === "test" ? "or one of the test set" : "or one of the checkpoint's probe";
  replace($("samples"), ...samples.map((sample, i) => sampleButton(sample, i + 1)));
}

let stream = null;

/** What is served may have changed: the image on the page is asked about again. */
export function servedChanged(served) {
  if (!served) {
    replace($("answer"), hint("Predictions begin when the first checkpoint serves."));
    return;
  }
  if (stream !== served.stream) {
    stream = served.stream;
    loadSamples().catch(() => {
      stream = null; // asked for again when something changes
    });
  }
  if (asked) ask();
  else replace($("answer"), hint("Give it an image: every class gets its bar here."));
}

function listen() {
  const drop = $("drop");
  $("file").addEventListener("change", (event) => {
    takeFile(event.target.files[0]);
    event.target.value = "";
  });
  // Anywhere on the page: an image that misses the box should not replace the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    takeFile(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => takeFile(event.clipboardData.files[0]));
}

listen();
