/**
 * What `cross` does, loaded when it is asked for.
 *
 * @module
 */
import { basename } from "@std/path";
import { crossTable, crossTest } from "../experiments/cross/cross.ts";
import { CROSS_SCHEMAS, type CrossModel } from "../experiments/cross/cross_results.ts";
import { openRun } from "../training/run_folder.ts";
import { CROSS_OUT } from "./cross.ts";
import type { EvalOptions } from "./eval.ts";
import type { RetrievalOptions } from "./retrieval_options.ts";
import { runRetrieval } from "./run_retrieval.ts";
import { evalSettings, newSettings } from "./settings.ts";
import { SAMPLE_SETS } from "./zero_shot.ts";

/**
 * Runs the experiment.
 *
 * @throws {InputError} where data, models, runs or the file to repeat are at fault.
 */
export function crossFromOptions(options: RetrievalOptions): Promise<"complete" | "interrupted"> {
  const { presets = SAMPLE_SETS, runs, variant = "full", from, out = CROSS_OUT, ...run } = options;
  return runRetrieval({
    experiment: "cross",
    schemas: CROSS_SCHEMAS,
    settings: async () => ({
      models: runs === undefined
        ? named(presets.map((preset) => {
          const config = newSettings({ ...run, preset, variant });
          return { name: config.dataset, longName: preset, config, run: null };
        }))
        : named(await Promise.all(runs.map((path) => ofRun(path, options)))),
    }),
    work: crossTest,
    table: crossTable,
  }, { from, out });
}

/** Models by their names, or by their longer ones where several have the same name. */
function named(models: readonly (CrossModel & { longName: string })[]): CrossModel[] {
  return models.map(({ name, longName, config, run }) => {
    const shared = models.filter((other) => other.name === name).length > 1;
    return { name: shared ? longName : name, config, run };
  });
}

async function ofRun(path: string, options: RetrievalOptions): Promise<CrossModel & { longName: string }> {
  const { config } = await openRun(path);
  const moved = Object.fromEntries(
    (["dataRoot", "clip", "whisper", "backend", "cache"] as const).flatMap((name) =>
      options[name] === undefined ? [] : [[name, options[name]]]
    ),
  );
  const asked = { ...moved, run: path, split: "test", checkpoint: "best" } as EvalOptions;
  const longName = path.replace(/\/+$/, "");
  return { name: basename(longName), longName, config: evalSettings(asked, config), run: path };
}
