/**
 * `ser`: the mood of speech.
 *
 * @module
 */
import { Command, Option } from "commander";
import { lazily } from "./lazily.ts";
import { PRESETS } from "../training/presets.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, realNumber, wholeNumber } from "./parsers.ts";
import { addFrom, backendOption } from "./shared_options.ts";

/** The options as commander gives them. */
export interface SerCommandOptions {
  dataRoot?: string;
  data?: string;
  calm?: "neutral" | "drop";
  transcript?: "heard" | "known";
  run?: string[];
  preset?: string;
  steps?: number;
  untrained?: boolean;
  baselinesOnly?: boolean;
  clip?: string;
  whisper?: string;
  backend?: string;
  fineTune?: boolean;
  fineTuneSteps?: number;
  fineTuneRate?: number;
  fineTuneFolds?: boolean;
  augment?: number;
  seeds?: number;
  folds?: number;
  from?: string;
  out?: string;
}

/** What is done where nothing is said. */
export const SER_DEFAULTS = {
  dataRoot: "data/sample/ravdess",
  preset: "sample-moods",
  folds: 6,
  out: "runs/ser",
} as const;

/** Defines the sub-command. */
export function serCommand(exit: (code: number) => void): Command {
  const { dataRoot, preset, folds, out } = SER_DEFAULTS;
  const command = new Command("ser")
    .description(
      "The mood of speech: a linear head on the frozen speech feature, and prompts, acoustic layer and head fine-tuned, " +
        "for the full model and PIP-only, beside the majority class and log-mel statistics.",
    )
    .option("--data-root <folder>", `recordings in RAVDESS's layout (default: ${dataRoot})`, nonEmpty)
    .addOption(
      new Option(
        "--data <file>",
        "your own clips: a CSV or JSON-lines file of audio, emotion, speaker, statement, split",
      )
        .argParser(nonEmpty).conflicts(["dataRoot", "calm"]),
    )
    .addOption(
      new Option("--calm <what>", "RAVDESS's calm recordings (default: neutral)").choices(["neutral", "drop"]),
    )
    .addOption(
      new Option("--transcript <which>", "what the text branch reads (default: heard)").choices(["heard", "known"]),
    )
    .option(
      "--run <folder>",
      "a trained run as encoder; may be given several times (default: a full and a pip run are trained)",
      (folder: string, before: string[] = []) => [...before, nonEmpty(folder)],
    )
    .addOption(
      new Option("--preset <name>", `what the encoders are trained on (default: ${preset})`)
        .choices(Object.keys(PRESETS)).conflicts("run"),
    )
    .addOption(
      new Option("--steps <n>", "optimizer steps of each encoder").argParser(wholeNumber(1)).conflicts("run"),
    )
    .addOption(
      new Option("--untrained", "encoders as they are before any training: the first values of seed 1").conflicts(
        "run",
      ),
    )
    .addOption(new Option("--baselines-only", "no encoder at all").conflicts(["run", "untrained"]))
    .addOption(
      new Option("--clip <model>", "the frozen CLIP: a folder, a name or a hub id").argParser(nonEmpty).conflicts(
        "run",
      ),
    )
    .addOption(new Option("--whisper <model>", "the frozen Whisper, likewise").argParser(nonEmpty).conflicts("run"))
    .addOption(backendOption())
    .option("--no-fine-tune", "probe only")
    .option("--fine-tune-steps <n>", "optimizer steps of a fine-tuning", wholeNumber(1))
    .option("--fine-tune-rate <rate>", "its highest learning rate", realNumber(1e-8, 1))
    .option("--fine-tune-folds", "fine-tune with speakers left out, too (takes as often as there are folds)")
    .option("--augment <n>", "changed copies of each train clip (noise, stretch, pitch; default: 3)", wholeNumber(0))
    .option("--seeds <n>", "fine-tunings with seeds 1 to N (default: 1)", wholeNumber(1))
    .option("--folds <n>", `folds over speakers; 0 for the split alone (default: ${folds})`, wholeNumber(0));
  return addFrom(command)
    .option(
      "--out <folder>",
      `the folder of runs and results; one that is there is gone on with (default: ${out})`,
      nonEmpty,
    )
    .action(async (options: SerCommandOptions) => {
      const { serFromOptions } = await lazily<typeof import("./ser_action.ts")>("./ser_action.ts");
      if (await serFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}
