/**
 * Follows the run: a snapshot, then every event after it. The browser reconnects by itself and says
 * which event it knows; where that is not enough the service sends "reset", and a new snapshot is
 * taken. Events that come while a snapshot is on its way are told again after it, so that none is
 * missed.
 */
import * as api from "./api.js";

const TYPES = ["training", "checkpoint", "reload", "waiting"];
const LONGEST_PAUSE = 10_000;
const HIDDEN_CLOSES = 60_000;

export function follow({ onSnapshot, onEvent, onState }) {
  let source = null;
  let pause = 1_000;
  let retry = 0;
  let hidden = 0;
  let taking = null;
  let stale = false;
  let during = [];

  async function take() {
    let taken;
    do {
      stale = false;
      during = [];
      taken = await api.run();
      onSnapshot(taken);
      during.forEach(([type, data]) => onEvent(type, data));
    } while (stale);
    return taken;
  }

  /** One at a time; who asks meanwhile gets one that was begun after that. */
  function snapshot() {
    if (taking) {
      stale = true;
    } else {
      taking = take().finally(() => {
        taking = null;
      });
    }
    return taking;
  }

  function tell(type, data) {
    if (taking) during.push([type, data]);
    onEvent(type, data);
  }

  async function connect() {
    close();
    try {
      const taken = await snapshot();
      if (source) return;
      source = new EventSource(`v1/run/events?after=${encodeURIComponent(taken.lastEventId)}`);
    } catch {
      again();
      return;
    }
    source.onopen = () => {
      pause = 1_000;
      onState("live");
    };
    source.onerror = () => {
      onState("away");
      // After a refusal the browser gives up; after a broken connection it tries again itself.
      if (source?.readyState === EventSource.CLOSED) again();
    };
    for (const type of TYPES) {
      source.addEventListener(type, (event) => tell(type, JSON.parse(event.data)));
    }
    source.addEventListener("reset", () => snapshot().catch(again));
  }

  function again() {
    close();
    onState("away");
    retry = setTimeout(connect, pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }

  function close() {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  // A browser has few connections to one host; a tab that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(close, HIDDEN_CLOSES);
    else if (!source) connect();
  });
  connect();
  return { refresh: () => snapshot().catch(again) };
}
