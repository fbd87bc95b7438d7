/** The list of checkpoints, and what a person may do with them. */
import * as api from "./api.js";
import { $, h, rail, replace } from "./dom.js";
import { ago, count, percent } from "./format.js";
import { confirm, forgetToken, tokenOf } from "./token-dialog.js";

const STATES = {
  serving: ["Serving", "live"],
  refused: ["Refused", "bad"],
  known: null,
};

let best = null;
let list = { checkpoints: [], pinned: false };
let onPinned = () => {};

const name = ({ epoch, id }) => (epoch === undefined ? id : `Epoch ${epoch}`);

function badge({ id, run, state }) {
  const known = STATES[state];
  const pills = [];
  const pill = (text, tone) => pills.push(h("span", { class: "pill", "data-state": tone }, text));
  if (known) pill(...known);
  if (state === "serving" && list.pinned) pill("Pinned", "warn");
  if (best && best.checkpoint === id && best.run === run) pill("Best", "good");
  return h("div", { class: "served-tags" }, ...pills);
}

function accuracy(value) {
  return value === undefined || value === null
    ? h("span", { class: "muted" }, "in mid-epoch")
    : h("div", { class: "meter" }, h("span", {}, percent(value, 2)), rail(value));
}

function row(checkpoint) {
  const { id, run, step, state, reason, validationAccuracy, created } = checkpoint;
  const promotable = state !== "serving";
  return h(
    "tr",
    { class: state === "serving" ? "serving" : null, "data-id": id },
    h(
      "td",
      { class: "who" },
      h("strong", {}, name(checkpoint), step === undefined ? "" : ` · step ${count(step)}`),
      h("span", { class: "mono" }, `${run} / ${id}`),
      reason ? h("p", { class: "reason" }, reason) : null,
    ),
    h("td", {}, badge(checkpoint)),
    h("td", {}, accuracy(validationAccuracy)),
    h("td", { class: "muted" }, created ? ago(created) : ""),
    h(
      "td",
      {},
      promotable
        ? h(
            "button",
            { class: "button", type: "button", onclick: () => promote(checkpoint), "aria-label": `Promote ${id}` },
            "Promote",
          )
        : null,
    ),
  );
}

export function show() {
  const { checkpoints, note, pinned } = list;
  const serving = checkpoints.find((c) => c.state === "serving");
  $("checkpoints-note").hidden = !note;
  $("checkpoints-note").textContent = note ? `Only what this service remembers: ${note}` : "";
  $("rollback").hidden = $("pin").hidden = !serving;
  $("pin").textContent = pinned ? "Unpin" : "Pin";
  $("forget").hidden = tokenOf("admin") === null;
  if (checkpoints.length === 0) {
    replace(
      $("checkpoint-list"),
      h("p", { class: "empty" }, "The first checkpoint appears here as soon as the trainer has written it."),
    );
    return;
  }
  const newestFirst = [...checkpoints].sort(
    (a, b) => (b.created ?? "").localeCompare(a.created ?? "") || (b.step ?? 0) - (a.step ?? 0),
  );
  const focused = document.activeElement?.closest("tr[data-id]")?.dataset.id;
  replace(
    $("checkpoint-list"),
    h(
      "table",
      { class: "checkpoints" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["Checkpoint", "State", "Validation accuracy", "Written", "Action"].map((t) =>
            h("th", { scope: "col" }, t),
          ),
        ),
      ),
      h("tbody", {}, ...newestFirst.map(row)),
    ),
  );
  // Who got to a button by keyboard stays there, though it is another button now.
  if (focused) document.querySelector(`tr[data-id="${CSS.escape(focused)}"] button`)?.focus();
}

async function act({ path, ...question }) {
  const send = (token) => api.control(path, token);
  const answer = await confirm({ ...question, kind: "admin", send });
  if (answer) await load();
  else show();
}

function promote(checkpoint) {
  const serving = list.checkpoints.find((c) => c.state === "serving");
  const id = encodeURIComponent(checkpoint.id);
  act({
    title: `Serve ${name(checkpoint).replace("Epoch", "epoch")}?`,
    text: `${checkpoint.id} is verified and answers all requests from then on${
      serving ? `, instead of ${serving.id}` : ""
    }. It stays until you unpin it, whatever is better.`,
    action: "Promote",
    path: `v1/checkpoints/${id}/promote?run=${encodeURIComponent(checkpoint.run)}`,
  });
}

export async function load() {
  try {
    list = await api.checkpoints();
    onPinned(Boolean(list.pinned));
  } catch (refusal) {
    list = { ...list, note: refusal.message };
  }
  show();
}

export function bestIs(checkpoint) {
  if (checkpoint?.checkpoint === best?.checkpoint && checkpoint?.run === best?.run) return;
  best = checkpoint;
  show();
}

export function whenPinned(listener) {
  onPinned = listener;
}

$("rollback").addEventListener("click", () =>
  act({
    title: "Roll back?",
    text: "The checkpoint that served before this one serves again, and stays until you unpin it.",
    action: "Roll back",
    path: "v1/rollback",
  }),
);
$("pin").addEventListener("click", () =>
  act(
    list.pinned
      ? {
          title: "Unpin?",
          text: "The best checkpoint serves again, now and whenever there is a better one.",
          action: "Unpin",
          path: "v1/unpin",
        }
      : {
          title: "Pin what serves?",
          text: "It goes on serving until you unpin it, even if a better checkpoint comes.",
          action: "Pin",
          path: "v1/pin",
        },
  ),
);
$("forget").addEventListener("click", () => {
  forgetToken("admin");
  show();
});
