/** Asks before what is served is changed, and for the token if this tab has none. */
import * as api from "./api.js";
import { $ } from "./dom.js";

const KEY = "millrace.adminToken";

export const hasToken = () => sessionStorage.getItem(KEY) !== null;

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

function explain(refusal) {
  if (refusal.status === 401) return "That token was not accepted.";
  if (refusal.status === 404 && /^The service answered/.test(refusal.message)) {
    return "This service has no such endpoint.";
  }
  return refusal.message;
}

/**
 * @param path of the endpoint
 * @returns what it answered; null if the person thought better of it
 */
export function confirm({ title, text, action, path }) {
  const dialog = $("admin");
  const form = $("admin-form");
  const error = $("admin-error");
  const input = $("admin-token");
  $("admin-title").textContent = title;
  $("admin-text").textContent = text;
  $("admin-go").textContent = action;
  $("admin-token-field").hidden = hasToken();
  error.hidden = true;
  input.value = "";

  return new Promise((resolve) => {
    const finish = (value) => {
      form.onsubmit = null;
      dialog.onclose = null;
      dialog.close();
      resolve(value);
    };
    dialog.onclose = () => finish(null);
    $("admin-cancel").onclick = () => dialog.close();
    form.onsubmit = async (event) => {
      event.preventDefault();
      const token = sessionStorage.getItem(KEY) ?? input.value.trim();
      if (!token) {
        input.focus();
        return;
      }
      $("admin-go").disabled = true;
      try {
        const answer = await api.control(path, token);
        sessionStorage.setItem(KEY, token);
        finish(answer ?? {});
      } catch (refusal) {
        if (refusal.status === 401 || refusal.status === 403) forgetToken();
        $("admin-token-field").hidden = hasToken();
        error.textContent = explain(refusal);
        error.hidden = false;
      } finally {
        $("admin-go").disabled = false;
      }
    };
    dialog.showModal();
  });
}
