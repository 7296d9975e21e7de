/**
 * What `space` does, loaded when it is asked for.
 *
 * @module
 */
import type { Split } from "../data/pair.ts";
import { readSettings } from "../experiments/experiment_file.ts";
import { HUES } from "../experiments/space/labels.ts";
import { spaceExperiment } from "../experiments/space/space.ts";
import { SPACE_SCHEMAS, type SpaceSettings } from "../experiments/space/space_results.ts";
import { spaceTable } from "../experiments/space/space_table.ts";
import { besideZeroShot } from "./qualitative_options.ts";
import { runQualitative } from "./run_qualitative.ts";
import type { SpaceOptions } from "./space.ts";

/**
 * Draws the space.
 *
 * @throws {InputError} where data, models, runs or the file to repeat are at fault.
 */
export async function spaceFromOptions(options: SpaceOptions): Promise<"complete" | "interrupted"> {
  const { from, out } = options;
  const settings = from === undefined ? await asked(options) : await readSettings(from, "space", SPACE_SCHEMAS);
  return await runQualitative("space", settings, settings.models, out, {
    experiment: spaceExperiment,
    table: spaceTable,
  });
}

async function asked(options: SpaceOptions): Promise<SpaceSettings> {
  const { split, pairs, perplexity, seed, words = [...HUES] } = options;
  return {
    models: (await besideZeroShot(options)).toReversed(),
    split: split as Split,
    pairs,
    seed,
    perplexity,
    words,
  };
}
