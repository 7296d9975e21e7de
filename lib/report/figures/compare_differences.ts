/**
 * Every two variants, one less the other.
 *
 * @module
 */
import type { TrialResult } from "../../experiments/trials/trial_results.ts";
import { type Variant, VARIANTS } from "../../systems/variants.ts";
import { differencePanels, PAIRED_LINE, seedsOf } from "./differences.ts";
import type { Figure } from "./figure.ts";
import { VARIANT_LABELS } from "./palette.ts";
import { queriesTold, seedsTold, stepsTold, testName } from "./told.ts";
import { signed, wrapped } from "./values.ts";

/**
 * The differences between variants with intervals, from `compare` (paper, Tables 1 and 2).
 *
 * @throws {RangeError} where nothing is compared.
 */
export function compareDifferencesFigure(result: TrialResult): Figure {
  const { tests, rows, comparisons } = result;
  if (comparisons.length === 0) throw new RangeError("Cannot draw differences as the result has no comparisons");
  const labels = comparisons.map(({ name, against, test }) => {
    const pair = `${modelName(name)} − ${modelName(against)}`;
    return wrapped(tests.length > 1 ? `${testName(tests, test)}: ${pair}` : pair, 42);
  });
  const parted = comparisons.flatMap(({ name }, i) => i > 0 && comparisons[i - 1]!.name !== name ? [i] : []);
  const { data, layout, height } = differencePanels(comparisons, labels, parted);
  const told = comparisons.map(({ name, against, differences }) =>
    `${modelName(name)} less ${modelName(against)} ${signed(differences.speech2image["R@1"].points)}`
  );
  return {
    name: "compare_differences",
    title: "What one variant gains over another",
    caption: `Differences of recall between variants, in percentage points. ${queriesTold(tests)} ${
      seedsTold(seedsOf(result))
    }${stepsTold(rows)} ${PAIRED_LINE}`,
    alt: `Dots with intervals. Speech to image, R@1, points: ${told.join("; ")}.`,
    columns: 2,
    height,
    data,
    layout,
  };
}

/** A variant as figures call it; other names stay. */
export function modelName(name: string): string {
  return Object.hasOwn(VARIANTS, name) ? VARIANT_LABELS[name as Variant] : name;
}
