/**
 * Remakes everything in `data/`: the corpora and the two tiny models, from a seed.
 *
 * @module
 */
import { join } from "@std/path";
import { pretrainClip } from "./clip_pretraining.ts";
import { makeCorpora } from "./corpora.ts";
import { writeManifest } from "./manifest.ts";
import { SAMPLE_SEED } from "./plan.ts";
import { checkTools, type ToolVersions } from "./processes.ts";
import { synthesizeCorpus } from "./speech_corpus.ts";
import { pretrainWhisper } from "./whisper_pretraining.ts";

/** The stages in the order in which they run; each continues where it was stopped. */
export const STAGES = ["corpora", "speech", "whisper", "clip", "manifest"] as const;

/** A stage of {@link makeSample}. */
export type Stage = (typeof STAGES)[number];

/** What each stage does, for the help of the command line. */
export const STAGE_HELP: Record<Stage, string> = {
  corpora: "draw the images and speak the captions, narrations and emotions of data/sample",
  speech: "speak the pretraining corpus of the tiny Whisper",
  whisper: "pretrain the tiny Whisper",
  clip: "draw the pretraining images of the tiny CLIP, and pretrain it",
  manifest: "write the sizes and checksums of all bundled files",
};

/** The seed of the bundled CLIP, which was pretrained before all stages shared one seed. */
const SHIPPED_CLIP_SEED = 1;

/** Options of {@link makeSample}. */
export interface SampleOptions {
  /** Folder of the finished files; `data`. */
  out?: string;
  /** Folder of intermediate files; `.cache/sample`. */
  work?: string;
  /** The seed of everything. */
  seed?: number;
  /** Which stages to run, in their own order; all. */
  stages?: readonly Stage[];
  /** Receives lines about the progress. */
  log?: (line: string) => void;
  /** Saves and stops at the next opportunity. */
  signal?: AbortSignal;
}

/**
 * Runs the stages that make the bundled sample. With the same seed, tool versions and backend it makes the same corpora; the
 * models are the same up to the rounding of the backend.
 *
 * Before the first stage it checks that all programs are there. The caller chooses the backend.
 *
 * @returns the completed stages: all requested ones, unless the signal aborted.
 * @throws {InputError} if espeak-ng or opus-tools are missing, with how to install them.
 */
export async function makeSample(options: SampleOptions = {}): Promise<Stage[]> {
  const { out = "data", work = join(".cache", "sample"), seed = SAMPLE_SEED, signal } = options;
  const log = options.log ?? (() => {});
  const wanted = options.stages ?? STAGES;
  const tools = await checkTools();
  log(`tools: ${Object.values(tools).join("; ")}`);
  const context: Context = { out, work, seed, tools, passed: { log, ...(signal === undefined ? {} : { signal }) } };
  const finished: Stage[] = [];
  for (const stage of STAGES.filter((name) => wanted.includes(name))) {
    if (signal?.aborted) break;
    log(`stage ${stage}: ${STAGE_HELP[stage]}`);
    const started = performance.now();
    if (!await runStage(stage, context)) break;
    finished.push(stage);
    log(`stage ${stage}: done in ${((performance.now() - started) / 60_000).toFixed(1)} min`);
  }
  return finished;
}

interface Context {
  out: string;
  work: string;
  seed: number;
  tools: ToolVersions;
  passed: { log: (line: string) => void; signal?: AbortSignal };
}

/** Runs one stage; false where the signal stopped it. */
async function runStage(stage: Stage, { out, work, seed, tools, passed }: Context): Promise<boolean> {
  const model = (name: string) => join(out, "models", name);
  try {
    if (stage === "corpora") await makeCorpora({ directory: join(out, "sample"), work, seed, ...passed });
    if (stage === "speech") await synthesizeCorpus({ directory: join(work, "speech"), seed, ...passed });
    if (stage === "whisper") return await pretrainWhisper({ work, out: model("whisper-tiny-sample"), seed, ...passed });
    if (stage === "clip") {
      const clipSeed = seed === SAMPLE_SEED ? SHIPPED_CLIP_SEED : seed;
      await pretrainClip({ work, out: model("clip-tiny-sample"), seed: clipSeed, ...passed });
      return !passed.signal?.aborted;
    }
    if (stage === "manifest") {
      const { bytes, files } = await writeManifest(out, seed, tools);
      passed.log(`manifest: ${Object.keys(files).length} files, ${(bytes / 1e6).toFixed(1)} MB`);
    }
  } catch (error) {
    // Ctrl-C in a terminal also ends the programs that speak and encode, which is not an error then.
    if (passed.signal?.aborted) return false;
    throw error;
  }
  return true;
}
