/**
 * The experiment that the paper could not make: the mood of the voice decides which picture is right.
 *
 * @module
 */
import { openRunWhisper } from "../../training/open_whisper.ts";
import { join } from "@std/path";
import { loadTone, type TonePair } from "../../data/own_data.ts";
import { findModel } from "../../hub/find_model.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { loadClipTokenizer } from "../../clip/tokenizer.ts";
import { ensureRun } from "../train_run.ts";
import { splitFeatures } from "../evaluate.ts";
import { examplesFor, hearPairs, type PreparedPair } from "../pairs.ts";
import { type OpenTrained, openTrained, placesOf } from "../job.ts";
import type { Report } from "../report.ts";
import { scoreTone } from "./evaluate_tone.ts";
import {
  TONE_CONDITIONS,
  type ToneCondition,
  type ToneResult,
  type ToneRow,
  type ToneSettings,
} from "./tone_results.ts";

/**
 * Trains each variant with each seed on the benchmark (or takes the runs that are there), and asks on the test split which
 * of the twins is right: with the recordings as they are, with the same words on one note, and with the written caption in
 * place of the transcript.
 *
 * @param folder where the runs are kept: `VARIANT-seed-N`
 * @returns undefined where the signal stopped it; the next call goes on
 * @throws {InputError} where data, models or earlier runs are at fault.
 */
export async function toneExperiment(
  { config, variants, seeds }: ToneSettings,
  folder: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<ToneResult | undefined> {
  const tone = (await loadTone(config.dataRoot)).filter(({ split }) => split === "test");
  const rows: ToneRow[] = [];
  for (const seed of seeds) {
    for (const variant of variants) {
      const path = join(folder, `${variant}-seed-${seed}`);
      const run = await ensureRun({ ...config, variant, seed }, path, { report, signal });
      if (run === undefined) return undefined;
      await using trained = await openTrained(path, { splits: ["test"], report, signal, changes: placesOf(config) });
      for (const condition of TONE_CONDITIONS) {
        if (condition === "flat" && tone.some(({ flat }) => flat === undefined)) continue;
        rows.push({
          variant,
          seed,
          condition,
          scores: await scoreCondition(trained, tone, condition, { report, signal }),
        });
      }
    }
  }
  return { rows };
}

async function scoreCondition(
  { job, model }: OpenTrained,
  tone: readonly TonePair[],
  condition: ToneCondition,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<ToneRow["scores"]> {
  await using changed = await underCondition(job, tone, condition, options);
  const examples = examplesFor(
    { config: job.config, data: { ...job.data, splits: changed.splits } },
    "test",
    model.variant,
  );
  const scores = scoreTone(await splitFeatures(model, examples, job.data.pictures), tone);
  const groups = new Set(tone.map(({ group }) => group)).size;
  if (scores.groups < groups) {
    options.report.line(
      `${condition}: ${groups - scores.groups} of ${groups} groups are left out as a twin is missing`,
    );
  }
  return scores;
}

/** The test pairs with what is heard and read under a condition. */
async function underCondition(
  job: OpenTrained["job"],
  tone: readonly TonePair[],
  condition: ToneCondition,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<{ splits: Record<"train" | "dev" | "test", PreparedPair[]> } & AsyncDisposable> {
  const { splits } = job.data;
  const kept = { async [Symbol.asyncDispose]() {} };
  if (condition === "spoken") return { splits, ...kept };
  if (condition === "caption") {
    const test = splits.test.map((pair) => ({ ...pair, transcriptTokens: pair.captionTokens }));
    return { splits: { ...splits, test }, ...kept };
  }
  const { config, data: { leftOut } } = job;
  const flat = new Map(tone.map((pair) => [pair.id, pair.flat as string]));
  const source = await openRunWhisper(config);
  const tokenizer = await loadClipTokenizer(await findModel(config.clip, "clip"));
  const asked = new Set(splits.test.map(({ pair }) => pair.id));
  const heard = await hearPairs(
    tone.filter(({ id }) => asked.has(id)).map((pair) => ({ ...pair, audio: flat.get(pair.id) as string })),
    source,
    {
      states: VARIANTS[config.variant].acoustic,
      maxSeconds: config.audioSeconds,
      cache: config.cache,
      leftOut,
      manifest: { secondsOf: () => undefined },
      ...options,
    },
  );
  const test = splits.test.flatMap((pair): PreparedPair[] => {
    const { id } = pair.pair;
    const transcript = heard.transcripts.get(id);
    if (transcript === undefined) return [];
    const [transcriptTokens = []] = tokenizer.tokens([transcript.text]);
    const states = pair.states && { frames: transcript.frames, width: heard.width, values: () => heard.states(id) };
    return [{ ...pair, transcript: transcript.text, transcriptTokens, states }];
  });
  return {
    splits: { ...splits, test },
    async [Symbol.asyncDispose](): Promise<void> {
      await heard.close();
    },
  };
}
