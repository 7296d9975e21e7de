/**
 * What `compare` does, loaded when it is asked for.
 *
 * @module
 */
import { compareTable, compareVariants } from "../experiments/compare/compare.ts";
import { COMPARE_SCHEMAS } from "../experiments/compare/compare_results.ts";
import { type Variant, VARIANTS } from "../systems/variants.ts";
import { COMPARE_OUT } from "./compare.ts";
import type { RetrievalOptions } from "./retrieval_options.ts";
import { runRetrieval } from "./run_retrieval.ts";
import { newSettings } from "./settings.ts";

/**
 * Runs the experiment.
 *
 * @throws {InputError} where data, models, earlier runs or the file to repeat are at fault.
 */
export function compareFromOptions(options: RetrievalOptions): Promise<"complete" | "interrupted"> {
  const { variants = Object.keys(VARIANTS), seeds = 1, from, out = COMPARE_OUT, ...run } = options;
  return runRetrieval({
    experiment: "compare",
    schemas: COMPARE_SCHEMAS,
    settings: () => ({
      config: newSettings(run),
      variants: variants as Variant[],
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    }),
    work: compareVariants,
    table: compareTable,
  }, { from, out });
}
