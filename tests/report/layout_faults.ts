/**
 * Looks at drawn figures in a browser as a reader would: is every text whole, does none lie on another, is no panel empty?
 *
 * @module
 */
import type { Page } from "puppeteer-core";

/** Runs in the page. Images that plotly keeps for measuring, and texts that cannot be seen, do not count. */
const SCRIPT = `(() => {
  const faults = [];
  const roots = [...document.querySelectorAll("svg")].filter((svg) =>
    svg.parentElement.closest("svg") === null && svg.id !== "js-plotly-tester" && svg.closest(".modebar") === null);
  const groups = new Map();
  for (const svg of roots) {
    const whole = svg.closest(".svg-container") ?? svg;
    if (whole.getBoundingClientRect().width > 0) groups.set(whole, [...groups.get(whole) ?? [], svg]);
  }
  if (groups.size === 0) faults.push("no figure is drawn");
  for (const [whole, parts] of groups) {
    const name = parts[0].querySelector("title")?.textContent ?? "figure";
    const box = whole.getBoundingClientRect();
    const inches = Number(parts[0].getAttribute("width")) / 96;
    const scale = box.width / (inches * 96);
    const texts = parts.flatMap((svg) => [...svg.querySelectorAll("text")]).filter((text) =>
      text.textContent.trim() !== "" && getComputedStyle(text).visibility !== "hidden" && !text.closest("defs"));
    const seen = texts.map((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      return { words: text.textContent, left, right, top, bottom, size: parseFloat(getComputedStyle(text).fontSize) };
    }).filter(({ left, right, top, bottom }) => right - left > 0 && bottom - top > 0);
    for (const legend of parts.flatMap((svg) => [...svg.querySelectorAll(".legend")])) {
      const place = legend.querySelector(".bg").getBoundingClientRect();
      const hidden = [...legend.querySelectorAll("text")].filter((text) =>
        text.getBoundingClientRect().bottom > place.bottom + 2 * scale);
      if (hidden.length > 0) faults.push(name + ": the legend does not fit, '" + hidden[0].textContent + "' is hidden");
    }
    if (seen.length === 0) faults.push(name + ": no text");
    for (const { words, left, right, top, bottom, size } of seen) {
      const out = Math.max(box.left - left, right - box.right, box.top - top, bottom - box.bottom);
      if (out > 0.75 * scale) faults.push(name + ": '" + words + "' is clipped by " + out.toFixed(1) + " px");
      if (size * 0.75 < 6.9) faults.push(name + ": '" + words + "' has only " + (size * 0.75).toFixed(1) + " points");
    }
    for (let a = 0; a < seen.length; a++) {
      for (let b = a + 1; b < seen.length; b++) {
        const [one, other] = [seen[a], seen[b]];
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > scale && down > 2.5 * scale) faults.push(name + ": '" + one.words + "' lies on '" + other.words + "'");
      }
    }
    for (const panel of parts.flatMap((svg) => [...svg.querySelectorAll(".subplot .overplot")])) {
      const drawn = [...panel.querySelectorAll("path,image,text")].some((shape) => {
        const { width, height } = shape.getBoundingClientRect();
        return width + height > 1;
      });
      if (!drawn) faults.push(name + ": a panel is empty");
    }
  }
  return faults;
})()`;

/**
 * What is wrong with the figures of a page, in sentences; none where all is well. SVGs in the page count, and what plotly
 * draws there.
 *
 * Found: a text that leaves its figure, two texts that lie on each other, a legend that does not fit, letters below 7 points at the
 * size on paper, a
 * panel without anything, a page without a figure.
 */
export async function layoutFaults(page: Page): Promise<string[]> {
  return await page.evaluate(SCRIPT) as string[];
}
