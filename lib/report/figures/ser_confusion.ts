/**
 * Which mood is taken for which.
 *
 * @module
 */
import type { SerResult, SerSettings } from "../../experiments/ser/ser_results.ts";
import type { Figure, Finding } from "./figure.ts";
import { panelGrid } from "./grid.ts";
import { heatAxes, heatTrace } from "./heat.ts";
import { groupedRows, PROTOCOLS, serTold, systemName } from "./ser_rows.ts";
import { figureLayout, panelTitle } from "./style.ts";
import { plain, wrapped } from "./values.ts";

const MARGIN = { left: 66, right: 8, top: 38, bottom: 74 };

/**
 * A confusion matrix for each system that hears or reads something, a row of panels or more a protocol, from `ser`
 * (paper, Table 3).
 *
 * @throws {RangeError} where there is no such system.
 */
export function serConfusionFigure({ settings, result }: Finding<SerSettings, SerResult>): Figure {
  const { classes } = result;
  const groups = groupedRows(result).filter(({ system }) => system !== "majority");
  if (groups.length === 0) throw new RangeError("Cannot draw confusions as the result has no system but the majority");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const lines = protocols.flatMap((protocol) => {
    const own = groups.filter((group) => group.protocol === protocol);
    const across = Math.ceil(own.length / Math.ceil(own.length / 4));
    return Array.from({ length: Math.ceil(own.length / across) }, (_, i) => own.slice(i * across, (i + 1) * across));
  });
  const across = Math.max(2, ...lines.map(({ length }) => length));
  const side = Math.min(150, (687 - MARGIN.left - MARGIN.right - 14 * (across - 1)) / across);
  const gap = { x: 14, y: 92 };
  const height =
    Math.round(100 * (MARGIN.top + MARGIN.bottom + side * lines.length + gap.y * (lines.length - 1)) / 96) / 100;
  const grid = panelGrid({ columns: 2, height, rows: lines.length, across, margin: MARGIN, gap });
  const places = grid.flatMap((place) => {
    const group = lines[place.row]?.[place.column];
    return group === undefined ? [] : [{ ...place, group }];
  }).map((place, i) => ({ ...place, axes: i === 0 ? "" : String(i + 1) }));
  const shares = places.map(({ group: { rows } }) =>
    classes.map((_, actual) => {
      const counts = classes.map((_, said) => rows.reduce((sum, { confusion }) => sum + confusion[actual]![said]!, 0));
      const all = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => all === 0 ? null : 100 * count / all);
    })
  );
  const told = places.map(({ group }, i) =>
    `${systemName(group, settings)}, ${PROTOCOLS[group.protocol].toLowerCase()}: ${
      classes.map((name, c) => `${name} ${shares[i]![c]![c]?.toFixed(0) ?? "-"} %`).join(", ")
    }`
  );
  const names = classes.map(plain);
  return {
    name: "ser_confusion",
    title: "Which mood is taken for which",
    caption: `Share of the recordings of a mood (rows) for which each mood was said (columns), in percent. ${
      serTold({ settings, result }, groups)
    }`,
    alt: `Heat maps. Right answers: ${told.join("; ")}.`,
    columns: 2,
    height,
    data: places.map(({ axes }, i) =>
      heatTrace({
        axes,
        z: shares[i]!,
        text: shares[i]!.map((row) => row.map((share) => share === null ? "" : share.toFixed(0))),
      })
    ),
    layout: figureLayout({
      columns: 2,
      height,
      margin: MARGIN,
      axes: Object.assign(
        {},
        ...places.map((place) =>
          heatAxes(place, {
            down: names,
            over: names,
            downTitle: "Actual mood",
            overTitle: "Said",
            first: place.column === 0,
            tickangle: classes.length > 4 || side < 130 ? -90 : 0,
          })
        ),
      ),
      annotations: places.map(({ x, y, group }) =>
        panelTitle(
          `${wrapped(systemName(group, settings), Math.floor(side / 5.4))}</b><br>${PROTOCOLS[group.protocol]}<b>`,
          x,
          y[1],
        )
      ),
    }),
  };
}
