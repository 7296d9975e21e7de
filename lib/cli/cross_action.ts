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
        ? presets.map((preset): CrossModel => {
          const config = newSettings({ ...run, preset, variant });
          return { name: config.dataset, config, run: null };
        })
        : await Promise.all(runs.map((path) => ofRun(path, options))),
    }),
    work: crossTest,
    table: crossTable,
  }, { from, out });
}

async function ofRun(path: string, options: RetrievalOptions): Promise<CrossModel> {
  const { config } = await openRun(path);
  const moved = Object.fromEntries(
    (["dataRoot", "clip", "whisper", "backend", "cache"] as const).flatMap((name) =>
      options[name] === undefined ? [] : [[name, options[name]]]
    ),
  );
  const asked = { ...moved, run: path, split: "test", checkpoint: "best" } as EvalOptions;
  return { name: basename(path.replace(/\/+$/, "")), config: evalSettings(asked, config), run: path };
}
