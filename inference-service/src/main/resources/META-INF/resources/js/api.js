/** The service's HTTP interface. */

/** A refusal, with the sentence that the service gave for it. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0, "The service does not answer. It may be restarting; try again.");
  }
  const text = await response.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    // Not everything between here and the service speaks JSON.
  }
  if (!response.ok) {
    throw new Refusal(response.status, body?.detail ?? `The service answered ${response.status}.`);
  }
  return body;
}

export const run = () => call("v1/run");
export const samples = () => call("v1/run/samples");
export const report = async () => ofSchema2(await call("v1/run/report/report.json"));
export const reportFile = (name) => `v1/run/report/${name}`;
export const checkpoints = () => call("v1/checkpoints");

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

/** Asks for a probability for every class; some services want a token for it. */
export function predict(content, type, token) {
  return call("v1/predict?top=1000", {
    method: "POST",
    headers: { "Content-Type": type, ...bearer(token) },
    body: content,
  });
}

/** What a person changes; needs the admin token. */
export function control(path, token) {
  return call(path, { method: "POST", headers: bearer(token) });
}

/** Schema 1 of a report states accuracies in percent. */
function ofSchema2(report) {
  if (report.schema !== 1) return report;
  const classes = report.classes.map((c) => ({ ...c, accuracy: c.accuracy / 100 }));
  return { ...report, classes, testAccuracy: report.testAccuracy / 100, testErrorPercent: report.testErrorRate };
}
