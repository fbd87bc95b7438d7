/**
 * A confusion matrix on a canvas: rows are true classes, columns predicted ones, shaded by the share
 * of the row. Pointer and arrow keys read it out.
 */
import { colour, h } from "./dom.js";
import { count, percent } from "./format.js";

const NUMBERS_UP_TO = 15;
const LABELS_UP_TO = 30;
const FONT = '"Inter", sans-serif';

export function confusion(names, matrix) {
  const totals = matrix.map((row) => row.reduce((sum, n) => sum + n, 0));
  const size = names.length;
  const labels = size <= LABELS_UP_TO;
  const canvas = h("canvas");
  const readout = h("p", { class: "readout", "aria-live": "polite" });
  const element = h(
    "div",
    {
      class: "confusion",
      tabindex: "0",
      role: "application",
      "aria-label": `Confusion matrix of ${size} classes; arrow keys move through its cells`,
    },
    canvas,
  );
  let geometry = null;
  let at = null;

  function share(row, column) {
    return totals[row] === 0 ? 0 : matrix[row][column] / totals[row];
  }

  function measure() {
    const width = element.clientWidth;
    const font = width < 480 ? 10 : 12;
    const context = canvas.getContext("2d");
    context.font = `500 ${font}px ${FONT}`;
    const longest = Math.max(...names.map((name) => context.measureText(name).width));
    const left = labels ? Math.min(longest + 10, width * 0.3) : 22;
    const cell = (width - left - 1) / size;
    const top = labels ? (cell > longest + 6 ? 24 : Math.min(longest + 12, 110)) : 22;
    return { width, height: top + cell * size + 1, left, top, cell, font, longest };
  }

  function drawLabels(context) {
    const { left, top, cell, font, longest } = geometry;
    context.fillStyle = colour("--muted");
    context.font = `500 ${font}px ${FONT}`;
    context.textBaseline = "middle";
    if (!labels) {
      context.textAlign = "left";
      context.fillText("predicted →", left, top / 2);
      context.save();
      context.translate(left / 2, top);
      context.rotate(-Math.PI / 2);
      context.textAlign = "right";
      context.fillText("true →", 0, 0);
      context.restore();
      return;
    }
    names.forEach((name, i) => {
      const middle = (i + 0.5) * cell;
      context.textAlign = "right";
      context.fillText(name, left - 8, top + middle, left - 10);
      if (cell > longest + 6) {
        context.textAlign = "center";
        context.fillText(name, left + middle, top / 2);
      } else {
        context.save();
        context.translate(left + middle, top - 6);
        context.rotate(-Math.PI / 2);
        context.textAlign = "left";
        context.fillText(name, 0, 0);
        context.restore();
      }
    });
  }

  function drawCell(context, row, column, heat) {
    const { left, top, cell, font } = geometry;
    const gap = cell > 12 ? 1 : 0;
    // The root spreads the few mistakes over the scale, which the diagonal would fill alone.
    const strength = Math.sqrt(share(row, column));
    context.fillStyle = `rgb(${heat} / ${(0.04 + 0.96 * strength).toFixed(3)})`;
    context.fillRect(left + column * cell, top + row * cell, cell - gap, cell - gap);
    if (size <= NUMBERS_UP_TO && matrix[row][column] > 0) {
      context.fillStyle = strength > 0.55 ? colour("--card") : colour("--text");
      context.font = `${row === column ? 650 : 450} ${font}px ${FONT}`;
      context.textAlign = "center";
      const middle = [left + (column + 0.5) * cell, top + (row + 0.5) * cell];
      context.fillText(count(matrix[row][column]), ...middle, cell - 2);
    }
  }

  function draw() {
    if (!element.clientWidth) return;
    geometry = measure();
    const { width, height, left, top, cell } = geometry;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    drawLabels(context);
    const heat = colour("--heat");
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) drawCell(context, row, column, heat);
    }
    if (at) {
      context.strokeStyle = colour("--validation");
      context.lineWidth = 2;
      context.strokeRect(left + at[1] * cell - 1, top + at[0] * cell - 1, cell + 1, cell + 1);
    }
  }

  function tell() {
    if (!at) {
      readout.textContent = `Rows are true classes, columns what was predicted. Point at a cell${
        labels ? "" : " for its classes"
      }, or use the arrow keys.`;
      return;
    }
    const [row, column] = at;
    const b = (text) => h("b", {}, text);
    const images = `${count(matrix[row][column])} of ${count(totals[row])} images (${percent(share(row, column))})`;
    readout.replaceChildren(
      "True ",
      b(names[row]),
      row === column ? " recognised: " : " taken for ",
      ...(row === column ? [] : [b(names[column]), ": "]),
      images,
    );
  }

  function move(place) {
    at = place;
    draw();
    tell();
  }

  canvas.addEventListener("pointermove", (event) => {
    const { left, top, cell } = geometry;
    const column = Math.floor((event.offsetX - left) / cell);
    const row = Math.floor((event.offsetY - top) / cell);
    const inside = row >= 0 && column >= 0 && row < size && column < size;
    if (inside && (at?.[0] !== row || at?.[1] !== column)) move([row, column]);
    if (!inside && at) move(null);
  });
  canvas.addEventListener("pointerleave", () => move(null));
  element.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = at ?? [0, 0];
    const clamp = (value) => Math.min(size - 1, Math.max(0, value));
    move(at ? [clamp(row + step[0]), clamp(column + step[1])] : [0, 0]);
  });
  new ResizeObserver(draw).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.fonts.ready.then(draw);
  tell();
  return { element, readout };
}
