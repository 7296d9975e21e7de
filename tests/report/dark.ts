/** A figure in the colours of a dark page, which a page's script gives it by the same replacement. */
import type { Figure } from "../../lib/report/figures/figure.ts";
import { DARKER } from "../../lib/report/figures/style.ts";

export function darkFigure(figure: Figure): Figure {
  const { data, layout } = figure;
  const text = [...DARKER].reduce(
    (text, [day, night]) => text.replaceAll(JSON.stringify(day), JSON.stringify(night)),
    JSON.stringify({ data, layout }),
  );
  return { ...figure, ...JSON.parse(text) };
}
