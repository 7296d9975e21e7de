/**
 * What each setting changes.
 *
 * @module
 */
import type { TrialResult } from "../../experiments/trials/trial_results.ts";
import { modelName } from "./compare_differences.ts";
import { differencePanels, PAIRED_LINE, seedsOf } from "./differences.ts";
import type { Figure } from "./figure.ts";
import { VARIANT_LABELS } from "./palette.ts";
import { listed, queriesTold, seedsTold, stepsTold } from "./told.ts";
import { signed, wrapped } from "./values.ts";

/**
 * Each changed setting less the default, with intervals, from `ablate`.
 *
 * @throws {RangeError} where nothing is compared.
 */
export function ablateFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw ablations as the result has no comparisons");
  const labels = comparisons.map(({ name }) => wrapped(name.replaceAll(",", ", "), 30));
  const { data, layout, height } = differencePanels(comparisons, labels);
  const against = listed([...new Set(comparisons.map(({ against }) => `'${modelName(against)}'`))]);
  const base = rows.find(({ name }) => name === comparisons[0]!.against);
  const model = base === undefined ? "the model" : VARIANT_LABELS[base.variant];
  const told = comparisons.map(({ name, differences }) => `${name} ${signed(differences.speech2image["R@1"].points)}`);
  return {
    name: "ablate",
    title: "What each setting changes",
    caption: `Recall of ${model} with one setting changed, less that of ${against}, in percentage points. ${
      queriesTold(tests)
    } ${seedsTold(seedsOf(result))}${stepsTold(rows)} ${PAIRED_LINE}`,
    alt: `Dots with intervals. Speech to image, R@1, points against ${against}: ${told.join("; ")}.`,
    columns: 2,
    height,
    data,
    layout,
  };
}
