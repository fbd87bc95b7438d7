/** What is served, where it comes from, and how far it is behind. */
import { $, h, replace } from "./dom.js";
import { ago, bytes, count, percent } from "./format.js";

function step(what, value, more) {
  return h(
    "li",
    {},
    h("div", { class: "what" }, what),
    h("div", { class: "value" }, value, more ? h("span", { class: "more" }, ` ${more}`) : null),
  );
}

/** Whether anything better or newer is known, as a tag. */
function staleness(state, served) {
  const tags = [];
  const tag = (text, tone, title) => tags.push(h("span", { class: "pill", "data-state": tone, title }, text));
  if (state.pinned) tag("Pinned", "warn", "Serves until it is unpinned, whatever is better");
  if (state.best && state.best.run === served.run) {
    if (state.best.checkpoint === served.checkpoint) tag("Best of its run", "good");
    else tag(`Epoch ${state.best.epoch} is better`, "warn");
  }
  const newest = state.latest?.run === served.run ? state.latest.step : null;
  if (newest !== null && newest > served.step && state.latest.type !== "FINISHED") {
    tag(`${count(newest - served.step)} steps behind the trainer`, "none");
  }
  return tags;
}

function reloading({ state, candidate, reason, serving }) {
  if (state === "verifying") return h("p", { class: "notice" }, `Verifying ${candidate}`);
  if (state === "refused") {
    const goesOn = serving ? "" : " Nothing serves until a good one comes.";
    return h("p", { class: "notice" }, `Refused ${candidate}: ${reason}.${goesOn}`);
  }
  return null;
}

function nothing(state) {
  const training = state.run && !state.report.includes("report.json");
  return h(
    "div",
    { class: "empty" },
    h("p", {}, h("strong", {}, "No checkpoint serves yet.")),
    h(
      "p",
      {},
      training
        ? "The first one comes at the end of the first epoch, and is verified before it answers."
        : "One is taken as soon as the store holds a run's best checkpoint.",
    ),
  );
}

export function showServing(state) {
  const served = state.reload.serving;
  if (!served) {
    replace($("serving-body"), reloading(state.reload), nothing(state));
    return;
  }
  const accuracy = served.validationAccuracy;
  replace(
    $("serving-body"),
    reloading(state.reload),
    h(
      "div",
      { class: "served" },
      h(
        "div",
        {},
        h(
          "div",
          { class: "served-value", id: "served-accuracy" },
          accuracy === undefined ? "–" : (100 * accuracy).toFixed(1),
          accuracy === undefined ? null : h("small", {}, "%"),
        ),
        h("div", { class: "served-caption" }, "validation accuracy"),
      ),
      h("div", { class: "served-epoch" }, `Epoch ${served.epoch}`, h("small", {}, `step ${count(served.step)}`)),
    ),
    h("div", { class: "served-tags" }, ...staleness(state, served)),
    h(
      "ol",
      { class: "lineage", "aria-label": "Lineage" },
      step("Dataset", served.dataset, `· ${served.classes.length} classes`),
      step("Stream", h("span", { class: "mono" }, served.stream)),
      step("Run", served.run, `· ${served.architecture}${served.recipe ? `, seed ${served.recipe.seed}` : ""}`),
      step(
        "Checkpoint",
        h("span", { class: "mono", id: "served-checkpoint" }, served.checkpoint),
        `· ${bytes(served.weightsBytes)}, written ${ago(served.created)}`,
      ),
      step("Serving", `since ${ago(served.since)}`, `· SHA-256 ${served.weightsSha256.slice(0, 12)}…`),
    ),
  );
}
