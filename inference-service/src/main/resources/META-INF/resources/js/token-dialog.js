/** Asks before something is done that needs a token, and for the token if this tab has none. */
import { $ } from "./dom.js";

const key = (kind) => `millrace.${kind}Token`;

export const tokenOf = (kind) => sessionStorage.getItem(key(kind));

export function forgetToken(kind) {
  sessionStorage.removeItem(key(kind));
}

const LABELS = { admin: "Admin token", predict: "Prediction token" };

function explain(refusal) {
  return refusal.status === 401 ? "That token was not accepted." : refusal.message;
}

/**
 * @param kind of the token: "admin" or "predict"
 * @param send does it with a token
 * @returns what it answered; null if the person thought better of it
 */
export function confirm({ title, text, action, kind, send }) {
  const dialog = $("token-dialog");
  const form = $("token-form");
  const error = $("token-error");
  const input = $("token");
  $("token-title").textContent = title;
  $("token-text").textContent = text;
  $("token-go").textContent = action;
  $("token-label").textContent = LABELS[kind];
  $("token-field").hidden = tokenOf(kind) !== null;
  error.hidden = true;
  input.value = "";

  async function submit(finish) {
    const token = tokenOf(kind) ?? input.value.trim();
    if (!token) {
      input.focus();
      return;
    }
    $("token-go").disabled = true;
    try {
      const answer = await send(token);
      sessionStorage.setItem(key(kind), token);
      finish(answer ?? {});
    } catch (refusal) {
      if (refusal.status === 401 || refusal.status === 403) forgetToken(kind);
      $("token-field").hidden = tokenOf(kind) !== null;
      error.textContent = explain(refusal);
      error.hidden = false;
    } finally {
      $("token-go").disabled = false;
    }
  }

  return new Promise((resolve) => {
    const finish = (value) => {
      form.onsubmit = null;
      dialog.onclose = null;
      input.value = "";
      dialog.close();
      resolve(value);
    };
    dialog.onclose = () => finish(null);
    $("token-cancel").onclick = () => dialog.close();
    form.onsubmit = (event) => {
      event.preventDefault();
      submit(finish);
    };
    dialog.showModal();
  });
}
