/** Elements without markup in strings: what comes from a run is only ever text. */

export const $ = (id) => document.getElementById(id);

/** An element; a property that begins with "on" is a listener, the others are attributes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/** A horizontal bar that is filled to a fraction in [0, 1]. */
export function rail(fraction) {
  const fill = h("span", { class: "fill" });
  fill.style.width = `${(100 * Math.min(1, Math.max(0, fraction))).toFixed(2)}%`;
  return h("span", { class: "rail", "aria-hidden": "true" }, fill);
}

/** A value with its name below, for a description list. */
export function figure(name, value, unit) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value, unit ? h("small", {}, unit) : null));
}

/** Draws U8 (3,32,32) planes on a canvas of 32x32. */
export function drawPlanes(canvas, planes) {
  const pixels = new ImageData(32, 32);
  for (let i = 0; i < 1024; i++) {
    pixels.data.set([planes[i], planes[1024 + i], planes[2048 + i], 255], 4 * i);
  }
  canvas.width = canvas.height = 32;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** A colour of the style sheet. */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
