/**
 * Figures that are drawn in the reader's browser.
 *
 * @module
 */
import { NIGHT } from "./inline_svg.ts";

/**
 * A script that draws every figure of a page with plotly: as large as its column, never so small that letters cannot be read
 * (it scrolls then), in the colours of day or night; on paper in those of day.
 */
export const DRAW_SCRIPT: string = `
const NIGHT = ${JSON.stringify(NIGHT)};
(() => {
  const night = matchMedia("(prefers-color-scheme: dark)");
  const LEAST = 0.9;
  const draw = async (script, dark) => {
    const place = document.getElementById(script.dataset.for);
    const text = dark
      ? NIGHT.reduce((text, [day, night]) => text.replaceAll(JSON.stringify(day), JSON.stringify(night)), script.textContent)
      : script.textContent;
    const { width, height, data, layout } = JSON.parse(text);
    place.style.aspectRatio = "auto";
    let sheet = place.firstElementChild;
    if (!sheet) {
      sheet = place.appendChild(document.createElement("div"));
      sheet.style.transformOrigin = "0 0";
      const fit = () => {
        const scale = Math.max(LEAST, Math.min(1.75, place.clientWidth / width));
        sheet.style.width = width + "px";
        sheet.style.height = height + "px";
        sheet.style.transform = "scale(" + scale + ")";
        place.style.height = Math.ceil(height * scale) + "px";
      };
      new ResizeObserver(fit).observe(place);
      fit();
    }
    await Plotly.react(sheet, data, { ...layout, width, height }, { displaylogo: false, displayModeBar: false });
    place.dataset.drawn = "true";
  };
  const all = (dark) => Promise.all([...document.querySelectorAll("script.plotly")].map((script) => draw(script, dark)));
  night.addEventListener("change", () => all(night.matches));
  addEventListener("beforeprint", () => all(false));
  addEventListener("afterprint", () => all(night.matches));
  all(night.matches);
})();`;
