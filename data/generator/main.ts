/**
 * `deno task sample`: regenerates the bundled corpora and models.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { nonEmpty, optionOf, wholeNumber } from "../../lib/cli/options.ts";
import { INTERRUPTED, onInterrupt } from "../../lib/cli/interrupt.ts";
import { runCommand } from "../../lib/cli/run_command.ts";
import { type BackendChoice, useBackend } from "../../lib/runtime/backend.ts";
import { trainingOption } from "../../lib/training/options.ts";
import { makeSample, type Stage, STAGES } from "./sample.ts";

interface SampleCommandOptions {
  stages: readonly Stage[];
  seed?: number;
  out: string;
  work: string;
  backend: BackendChoice;
}

const command = new Command("sample")
  .description("Regenerate the bundled corpora and the two tiny models from a seed; a stopped run continues.")
  .addOption(
    new Option("--stages <names>", `some of ${STAGES.join(",")}`).argParser(stages).default(STAGES, "all"),
  )
  .option("--seed <n>", "seed of everything", wholeNumber(0))
  .option("--out <folder>", "folder of the finished files", nonEmpty, "data")
  .option("--work <folder>", "folder of intermediate files", nonEmpty, ".cache/sample")
  .addOption(optionOf("backend", trainingOption("backend", { default: "auto" })))
  .action(async ({ backend, ...options }: SampleCommandOptions) => {
    const log = (line: string): void => console.error(line);
    await useBackend(backend, { log });
    const signal = onInterrupt(() => log("stopping: the state is being saved (again Ctrl-C: stop at once)"));
    const finished = await makeSample({ ...options, log, signal });
    if (finished.length === options.stages.length) return;
    log("stopped; the same command continues");
    Deno.exitCode = INTERRUPTED;
  });

function stages(text: string): Stage[] {
  return text.split(",").map((part) => {
    const name = part.trim() as Stage;
    if (STAGES.includes(name)) return name;
    throw new InvalidArgumentError(`'${name}' is not a stage. Expected some of ${STAGES.join(",")}.`);
  });
}

if (import.meta.main) Deno.exitCode = await runCommand(command, Deno.args) || Deno.exitCode;
