/**
 * Which mood is taken for which.
 *
 * @module
 */
import type { SerResult, SerSettings } from "../../experiments/ser/ser_results.ts";
import { type ExperimentParts, type Figure, figurePixels } from "./figure.ts";
import { panelGrid } from "./grid.ts";
import { heatAxes, heatTrace } from "./heat.ts";
import { groupedRows, PROTOCOLS, serTold, systemName } from "./ser_rows.ts";
import { figureLayout, panelTitle } from "./style.ts";
import { plain, wrapped } from "./values.ts";

const MARGIN = { left: 76, right: 8 };
const GAP = 14;
const [WIDTH] = figurePixels({ columns: 2, height: 1 });

/**
 * A confusion matrix for each system that hears or reads something, a row of panels or more a protocol, from `ser`
 * (paper, Table 3).
 *
 * @throws {RangeError} where there is no such system.
 */
export function serConfusionFigure({ settings, result }: ExperimentParts<SerSettings, SerResult>): Figure {
  const { classes } = result;
  const groups = groupedRows(result).filter(({ system }) => system !== "majority");
  if (groups.length === 0) throw new RangeError("Cannot draw confusions as the result has no system but the majority");
  const protocols = [...new Set(groups.map(({ protocol }) => protocol))];
  const widest = classes.length > 5 ? 3 : 5;
  const lines = protocols.flatMap((protocol) => {
    const own = groups.filter((group) => group.protocol === protocol);
    const across = Math.ceil(own.length / Math.ceil(own.length / widest));
    return Array.from({ length: Math.ceil(own.length / across) }, (_, i) => own.slice(i * across, (i + 1) * across));
  });
  const across = Math.max(2, ...lines.map(({ length }) => length));
  const side = Math.min(150, (WIDTH - MARGIN.left - MARGIN.right - GAP * (across - 1)) / across);
  const upright = Math.max(...classes.map(({ length }) => length)) * 6.2 > side / classes.length;
  const titles = new Map(groups.map((group) => [group, wrapped(systemName(group, settings), Math.floor(side / 6.8))]));
  const titleLines = lines.map((line) => Math.max(...line.map((group) => titles.get(group)!.split("<br>").length)));
  const below = (upright ? 6 * Math.max(...classes.map(({ length }) => length)) : 12) + 24;
  const margin = { ...MARGIN, top: 8 + 14 * titleLines[0]!, bottom: below };
  const gap = { x: GAP, y: below + 10 + 14 * Math.max(...titleLines.slice(1), 1) };
  const height =
    Math.round(100 * (margin.top + margin.bottom + side * lines.length + gap.y * (lines.length - 1)) / 96) / 100;
  const grid = panelGrid({ columns: 2, height, rows: lines.length, across, margin, gap });
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
      margin,
      axes: Object.assign(
        {},
        ...places.map((place) =>
          heatAxes(place, {
            down: names,
            over: names,
            downTitle: `Actual mood<br>(${PROTOCOLS[place.group.protocol].toLowerCase()})`,
            overTitle: "Said",
            first: place.column === 0,
            tickangle: upright ? -90 : 0,
          })
        ),
      ),
      annotations: places.map(({ x, y, group }) => panelTitle(titles.get(group)!, x, y[1])),
    }),
  };
}
