/**
 * Measures the published sizes with random weights, each in a process of its own, and prints a Markdown table:
 * `deno task full-size --model clip-vit-large-patch14 --micro-batch 2,4,8`.
 *
 * @module
 */
import { join } from "@std/path";
import { Command, InvalidArgumentError, Option } from "commander";
import { nonEmpty, wholeNumber } from "../../lib/cli/options.ts";
import { measureApart, type Measurement, type Task } from "./measure_apart.ts";
import { PUBLISHED, writeRandomClip } from "./random_clip.ts";
import { writeRandomWhisperBase } from "./random_whisper_base.ts";

const WHISPER = "whisper-base";
const SYSTEMS = ["speechclip-p", "speechclip-c", "fast-vgs-ctf", "resdavenet", "milan"] as const;
const NAMES = [...Object.keys(PUBLISHED), WHISPER, ...SYSTEMS];

interface Options {
  model: string[];
  microBatch: (number | null)[];
  batch: number;
  seconds: number;
  dtype: "F32" | "F16";
  folder: string;
}

const namesOf = (text: string): string[] => {
  const names = text.split(",");
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${NAMES.join(", ")}.`);
  return names;
};
const sizesOf = (text: string): (number | null)[] =>
  text.split(",").map((size) => size === "all" ? null : wholeNumber(1)(size));

const { model, microBatch, batch, seconds, dtype, folder } = new Command("deno task full-size")
  .description("Measure memory and time of the published sizes with random weights; on Linux")
  .option("--model <NAMES>", `some of ${NAMES.join(", ")}`, namesOf, NAMES)
  .option("--micro-batch <SIZES>", "pairs held at once in a step; 'all': the whole batch", sizesOf, [4, 8, 16, null])
  .option("--batch <N>", "pairs of a step", wholeNumber(1), 32)
  .option("--seconds <N>", "length of the recordings, at most 30", wholeNumber(1), 30)
  .addOption(new Option("--dtype <TYPE>", "element type of the CLIP files").choices(["F32", "F16"]).default("F32"))
  .option("--folder <DIR>", "where the models are written and removed again", nonEmpty, "runs/full-size")
  .parse(["deno", "full-size", ...Deno.args])
  .opts<Options>();

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

/** Measures and prints a row. */
async function row(name: string, size: number, what: string, task: Task): Promise<void> {
  const made: Measurement = await measureApart(task);
  const trained = made.trained === undefined ? "" : `, ${(made.trained / 1e6).toFixed(2)} M trained values`;
  const time = made.error ? "-" : (task.task === "load" ? made.loadSeconds : made.seconds).toFixed(1);
  const peak = made.error ? "more than 4.29 of heap" : gigabytes(made.peak);
  console.log(`| ${name} | ${size > 0 ? gigabytes(size) : ""} | ${what}${trained} | ${peak} | ${time} |`);
  if (!made.error && !made.finite) throw new Error(`${name}, ${what}: not all results are finite numbers`);
}

console.log("| model | file, GB | what | peak memory, GB | seconds |");
console.log("| --- | --: | --- | --: | --: |");
for (const name of model) {
  const system = SYSTEMS.find((system) => system === name);
  if (system !== undefined) {
    await row(name, 0, `step of ${batch}, ${seconds} s`, { task: "system", name: system, batch, seconds });
    continue;
  }
  const place = join(folder, name);
  try {
    if (name === WHISPER) {
      await writeRandomWhisperBase(place);
      let size = 0;
      for await (const entry of Deno.readDir(join(place, "onnx"))) {
        size += (await Deno.stat(join(place, "onnx", entry.name))).size;
      }
      await row(name, size, `${seconds} s, states and 448 tokens`, { task: "whisper", folder: place, seconds });
      continue;
    }
    const size = await writeRandomClip(place, PUBLISHED[name]!, dtype);
    await row(name, size, "load", { task: "load", folder: place });
    for (const pairs of [1, batch]) {
      await row(name, size, `features of ${pairs}`, { task: "forward", folder: place, batch: pairs });
    }
    for (const part of microBatch) {
      const task: Task = { task: "step", folder: place, batch, microBatch: part, frames: 50 * Math.min(30, seconds) };
      await row(name, size, `step of ${batch}, micro-batch ${part ?? "all"}`, task);
    }
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}
