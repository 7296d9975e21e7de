/**
 * What `ablate` does, loaded when it is asked for.
 *
 * @module
 */
import { ablate, ablateTable } from "../experiments/ablate/ablate.ts";
import { ABLATE_SCHEMAS } from "../experiments/ablate/ablate_results.ts";
import { gridOf, oneAtATime } from "../experiments/ablate/grid.ts";
import { ABLATE_OUT } from "./ablate.ts";
import type { RetrievalOptions } from "./retrieval_options.ts";
import { runRetrieval } from "./run_retrieval.ts";
import { newSettings } from "./settings.ts";

/**
 * Runs the experiment.
 *
 * @throws {InputError} where the grid, data, models, earlier runs or the file to repeat are at fault.
 */
export function ablateFromOptions(options: RetrievalOptions): Promise<"complete" | "interrupted"> {
  const { grid, seeds = 1, from, out = ABLATE_OUT, ...run } = options;
  return runRetrieval({
    experiment: "ablate",
    schemas: ABLATE_SCHEMAS,
    settings: () => {
      const config = newSettings(run);
      return {
        models: grid === undefined ? oneAtATime(config) : gridOf(config, grid),
        seeds: Array.from({ length: seeds }, (_, i) => i + 1),
      };
    },
    work: ablate,
    table: ablateTable,
  }, { from, out });
}
