/**
 * `sample`: the bundled corpora and models made again.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { lazily } from "./lazily.ts";
import { BACKEND_CHOICES } from "../training/config.ts";
import { INTERRUPTED } from "./interrupt.ts";
import { nonEmpty, wholeNumber } from "./parsers.ts";

/** The options as commander gives them. */
export interface SampleCommandOptions {
  stages?: string[];
  seed?: number;
  out: string;
  work: string;
  backend: string;
}

/** The stages that can be asked for; a test holds them equal to the library's. */
export const STAGE_NAMES: readonly string[] = ["corpora", "speech", "whisper", "clip", "manifest"];

/** Defines the sub-command. */
export function sampleCommand(exit: (code: number) => void): Command {
  return new Command("sample")
    .description("Remake the bundled corpora and the two tiny models from a seed; stopped, it continues where it was.")
    .addOption(
      new Option("--stages <names>", `some of ${STAGE_NAMES.join(",")} (default: all)`).argParser(stages),
    )
    .option("--seed <n>", "the one seed that all follows from", wholeNumber(0))
    .option("--out <folder>", "where the finished files go", nonEmpty, "data")
    .option("--work <folder>", "where everything goes that is needed on the way", nonEmpty, ".cache/sample")
    .addOption(new Option("--backend <name>", "where tensors are computed").choices(BACKEND_CHOICES).default("auto"))
    .action(async (options: SampleCommandOptions) => {
      const { sampleFromOptions } = await lazily<typeof import("./sample_action.ts")>("./sample_action.ts");
      if (await sampleFromOptions(options) === "interrupted") exit(INTERRUPTED);
    });
}

function stages(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !STAGE_NAMES.includes(name));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`'${wrong}' is no stage. Expected some of ${STAGE_NAMES.join(",")}.`);
  }
  return names;
}
