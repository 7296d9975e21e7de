/** What a run and an experiment leave behind. */
import { join } from "@std/path";
import { readExperiment, writeExperiment } from "../../../lib/experiments/experiment.ts";
import { silent } from "../../../lib/experiments/report.ts";
import { readResults, type RetrievalResult } from "../../../lib/experiments/results.ts";
import { TONE_SCHEMAS } from "../../../lib/experiments/tone/experiment.ts";
import { analyseWer, werSamples } from "../../../lib/experiments/wer_analysis.ts";
import { runWer } from "../../../lib/experiments/wer_job.ts";
import { WER_SCHEMAS } from "../../../lib/experiments/wer.ts";
import { present } from "../../../lib/report/present.ts";
import { Batches } from "../../../lib/training/batches.ts";
import { type Identity, readCheckpoint, writeCheckpoint } from "../../../lib/training/checkpoint.ts";
import { MetricsWriter, SkippedFiles } from "../../../lib/training/run_logs.ts";
import { sample } from "../../../lib/training/presets.ts";
import { openRun } from "../../../lib/training/run_folder.ts";
import { HEADER, metadata } from "../header.ts";
import { check, type World } from "../world.ts";

const TEXTS = ["a dog runs", "a cat sleeps on a mat", "two men", "a red ball", "the sea at night", "birds"];
const PERCENT = { "R@1": 10, "R@5": 30, "R@10": 50 };
const INTERVALS = { "R@1": [5, 15], "R@5": [20, 40], "R@10": [40, 60] } as const;
const BOTH = { speech2image: PERCENT, image2speech: PERCENT };
const RANGES = { speech2image: INTERVALS, image2speech: INTERVALS };

const identity: Identity = {
  variant: "pip",
  clip: "00ff",
  whisper: "w",
  shapes: { "prompts.text": [2, 3], log_temperature: [] },
};

async function write(at: (name: string) => string): Promise<void> {
  const json = (name: string, value: unknown) => Deno.writeTextFile(at(name), JSON.stringify(value));
  const tensors = new Map([
    ["prompts.text", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["log_temperature", { shape: [], data: Float32Array.of(-2) }],
  ]);
  const moments = new Map([...tensors].flatMap(([name, one]) => [[`first.${name}`, one], [`second.${name}`, one]]));
  const state = { step: 25, seed: 9, batches: { epoch: 2, batch: 1 }, best: { step: 20, score: 31.25 } };
  await writeCheckpoint(at("last.safetensors"), { ...state, parameters: tensors, moments }, identity);
  await json("config.json", sample());
  const one: RetrievalResult = {
    ...{ dataset: "own", split: "test", variant: "pip", trained: true, images: 9, recordings: 12 },
    ...BOTH,
    intervals: RANGES as unknown as RetrievalResult["intervals"],
  };
  await json("results.json", { ...one, step: 5, baselines: [one], gain: { ...BOTH, intervals: RANGES } });
  const line = { step: 1, learningRate: 0.1, loss: 2, gradientNorm: 1, temperature: 0.07, seconds: 1.5 };
  const lines = [1, 2, 3].map((step) => `${JSON.stringify({ ...line, step })}\n`).join("");
  await Deno.writeTextFile(at("metrics.jsonl"), lines);
  const left = { kind: "picture", path: "a.jpg", reason: "it is gone" };
  await Deno.writeTextFile(
    at("left_out.jsonl"),
    `${JSON.stringify(left)}\n${JSON.stringify({ ...left, path: "b" })}\n`,
  );
  const transcribed = TEXTS.map((text, i) => ({
    id: `${i}`,
    reference: text,
    transcript: i % 2 ? text : "a dog",
    rank: i + 1,
  }));
  const { samples } = werSamples(transcribed);
  const of = { dataset: "own", split: "test", variant: "pip", trained: true, step: 5, images: 9, recordings: 6 };
  const settings = { source: "model", config: sample(), run: null, split: "test", k: 3, normalisers: ["raw"], seed: 0 };
  const result = { of: { ...of, withoutCaption: 0 }, findings: analyseWer(samples) };
  await writeExperiment(at("wer"), { experiment: "wer", settings, result }, "");
  const twins = { "R@1": 50, interval: [25, 75] };
  const query = { id: "1", group: "g", mood: "happy", chosen: "sad", twinRank: 2, rank: 3 };
  const scores = {
    ...{ recordings: 4, groups: 2, chance: 50, moods: ["sad", "happy"], confusion: [[1, 1], [0, 2]], queries: [query] },
    twins: { speech2image: twins, image2speech: twins },
    recall: BOTH,
  };
  const rows = (["spoken", "flat"] as const).map((condition) => ({ variant: "pip", seed: 0, condition, scores }));
  const tone = { config: sample(), variants: ["pip", "full"], seeds: [0, 1] };
  await writeExperiment(at("tone"), { experiment: "tone", settings: tone, result: { rows } }, "");
  await Deno.writeTextFile(at("wer.csv"), "wer,hit,words\n0,1,3\n0.5,0,4\n0.2,1,9\n0.4,1,8\n0.1,0,5\n0.9,0,6\n");
}

/** The worlds of runs. */
export async function worlds(root: string): Promise<World[]> {
  const at = (name: string): string => join(root, name);
  await write(at);
  const checkpoint = async (): Promise<void> => {
    const { step, seed, batches, best, parameters, moments } = await readCheckpoint(at("last.safetensors"), identity);
    const numbers = [step, seed, batches.epoch, batches.batch, best?.step ?? 0];
    check(numbers.every((number) => Number.isSafeInteger(number) && number >= 0), `the state [${numbers}]`);
    check(best === null || Number.isFinite(best.score), "the best score is no number");
    for (const [name, { data }] of [...parameters, ...moments]) check(data instanceof Float32Array, `'${name}' is odd`);
    const next = new Batches(7, { batchSize: 3, seed, state: batches }).next();
    check(next.length === 3 && next.every((i) => Number.isInteger(i) && i >= 0 && i < 7), `the batch [${next}]`);
  };
  const world = (name: string, file: string, read: () => Promise<void>): World => ({
    name,
    folder: root,
    files: [file],
    read,
  });
  return [
    world("checkpoint", "last.safetensors", checkpoint),
    { ...world("checkpoint header", "last.safetensors", checkpoint), inner: HEADER },
    { ...world("checkpoint state", "last.safetensors", checkpoint), inner: metadata("brewclip") },
    world("run config", "config.json", async () => {
      const { config } = await openRun(root);
      check(config.steps >= 0 && config.batchSize >= 2 && Number.isFinite(config.learningRate), "no config");
    }),
    world("run results", "results.json", async () => {
      const { images, baselines, gain } = await readResults(at("results.json"));
      check(images >= 1 && baselines.every(({ recordings }) => recordings >= 1), "no pictures");
      check(Math.abs(gain.speech2image["R@1"]) <= 100, "an impossible gain");
    }),
    world("metrics", "metrics.jsonl", async () => {
      (await MetricsWriter.open(at("metrics.jsonl"), 2)).dispose();
      for (const text of (await Deno.readTextFile(at("metrics.jsonl"))).split("\n").slice(0, -1)) {
        check(JSON.parse(text).step <= 2, `the line ${text}`);
      }
    }),
    world("left out", "left_out.jsonl", async () => {
      await SkippedFiles.open({ file: at("left_out.jsonl"), onLine: () => {} });
    }),
    world("wer", "wer/results.json", async () => {
      const { settings, result } = await readExperiment(at("wer/results.json"), "wer", WER_SCHEMAS);
      check((await present("wer", { settings, result })).markdown.length > 0, "no table");
    }),
    world("tone", "tone/results.json", async () => {
      const { settings, result } = await readExperiment(at("tone/results.json"), "tone", TONE_SCHEMAS);
      check((await present("tone", { settings, result })).markdown.length > 0, "no table");
    }),
    world("wer table", "wer.csv", async () => {
      const outcome = await runWer({ source: "table", table: at("wer.csv") }, at("out"), { report: silent });
      check(outcome!.result.findings.length === 1, "no finding");
    }),
  ];
}
