/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat("en");
export const count = (value) => whole.format(value);

/** In percent with one digit; a dash where there is none. */
export const percent = (fraction, digits = 1) =>
  fraction === null || fraction === undefined ? "–" : `${(100 * fraction).toFixed(digits)}\u00a0%`;

export const loss = (value) =>
  value === null || value === undefined ? "–" : value.toFixed(value < 0.1 ? 4 : 3);

export function bytes(value) {
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(0)} kB`;
}

/** 0:42, 12:05 or 3 h 12 min. */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
}

/** The service's clock, which may not be the browser's. */
let skew = 0;
export function synchronise(now) {
  skew = Date.parse(now) - Date.now();
}

/** Seconds since an instant, by the service's clock. */
export const age = (instant) => (Date.now() + skew - Date.parse(instant)) / 1000;

/** 5 s ago, 12 min ago, 3 h ago, or the date. */
export function ago(instant) {
  const seconds = Math.max(0, age(instant));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(instant).toLocaleDateString("en", { dateStyle: "medium" });
}

/** 12:03:04, by the browser's clock. */
export const clock = (instant) => new Date(instant).toLocaleTimeString("en-GB");

/** ONE_CYCLE is one-cycle. */
export const dashed = (name) => String(name).toLowerCase().replaceAll("_", "-");
