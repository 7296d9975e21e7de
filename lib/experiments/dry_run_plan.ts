/** What a dry run finds out about disk, memory and time, and the plan as text. */
import { formatBytes, freeSpace } from "../files/disk.ts";
import type { Backend } from "../runtime/backend.ts";
import { HEAP_BYTES } from "../runtime/wasm/heap.ts";
import type { RunConfig } from "../training/config.ts";
import { describePlan, type TranscriptionPlan } from "../whisper/plan.ts";
import { formatSeconds } from "./report.ts";

/** One part of a plan: the data, the models, the disk, ... */
export interface PlanPart {
  name: string;
  /** What was found, a line each. */
  lines: string[];
  /** What prevents the run, a sentence each. */
  lacking: string[];
}

/** Formats the plan: each part's lines next to its name, then everything that is lacking. */
export function formatPlan(parts: readonly PlanPart[]): string {
  const width = Math.max(...parts.map(({ name }) => name.length)) + 2;
  const lines = parts.flatMap(({ name, lines }) =>
    lines.map((line, i) => `${(i === 0 ? name : "").padEnd(width)}${line}`)
  );
  const lacking = parts.flatMap((part) => part.lacking);
  const end = lacking.length === 0 ? ["nothing is lacking"] : ["lacking:", ...lacking.map((what) => `- ${what}`)];
  return [...lines, "", ...end].join("\n");
}

/** Two checkpoints; for each trained number its value and Adam's two moments, four bytes each. */
const CHECKPOINT_BYTES = 2 * 3 * 4;

/**
 * Finds out what will be written, and whether it fits: two checkpoints, transcripts, and encoder states (seconds x 50 frames
 * x width x 2 bytes, up to the configured seconds of each recording).
 *
 * @param facts `stored`: transcripts in the store; `folder`: of the store, if the run uses it; `trained`: trained numbers;
 * `runs`: where the run's folder will be, default `"runs"`
 */
export async function planDisk(
  transcription: TranscriptionPlan,
  { stored, folder, trained, runs = "runs" }: {
    stored: number;
    folder: string | undefined;
    trained: number;
    runs?: string;
  },
): Promise<PlanPart> {
  const part: PlanPart = { name: "disk", lines: [], lacking: [] };
  if (folder !== undefined) part.lines.push(`${stored} recordings are stored in ${folder}`);
  part.lines.push(transcription.recordings === 0 ? "nothing to transcribe" : describePlan(transcription));
  const checkpoints = CHECKPOINT_BYTES * trained;
  part.lines.push(`checkpoints: ${formatBytes(checkpoints)}`);
  const free = transcription.free ?? await freeSpace(runs);
  const needed = transcription.bytes + checkpoints;
  if (free !== undefined && needed > free) {
    part.lacking.push(
      `about ${formatBytes(needed)} will be written and ${
        formatBytes(free)
      } are free: free some space, put 'runs' on a ` +
        "larger disk, encode less of long recordings (--audio-seconds), or store no states (--no-cache)",
    );
  }
  return part;
}

/** What memory is estimated from. Sizes are in bytes. */
export interface MemoryFacts extends Pick<RunConfig, "batchSize" | "microBatch"> {
  backend: Pick<Backend, "name">;
  /** All tensors at the peak of a step; undefined if nothing is trained. */
  stepBytes: number | undefined;
  /** Tensors that stay: the frozen towers. */
  heldBytes: number;
  /** Decoded images that will stay in memory. */
  imageBytes: number;
  /** What the process uses now, the frozen towers included. */
  processBytes: number;
  /** What the machine has available; undefined if this process may not ask. */
  available: number | undefined;
}

/**
 * Estimates how much memory a run takes, and whether it is available: what the process uses now, the tensors of a step, and
 * the cached images. `stepBytes` is extrapolated from steps of 2 and 4 pairs, as memory grows linearly with the batch.
 */
export function planMemory(facts: MemoryFacts): PlanPart {
  const { backend, stepBytes, heldBytes, imageBytes, processBytes, available, batchSize, microBatch } = facts;
  const part: PlanPart = { name: "memory", lines: [], lacking: [] };
  const peak = Math.max(stepBytes ?? 0, heldBytes);
  const held = Math.min(batchSize, microBatch ?? batchSize);
  const remedy = `give a smaller --micro-batch than ${held} (it changes no result), or another --backend`;
  const step = `a step takes about ${formatBytes(peak)}`;
  part.lines.push(
    stepBytes === undefined
      ? `the towers take ${formatBytes(heldBytes)}; nothing is trained`
      : `${step} of tensors with ${held} pairs at once (estimated from steps of 2 and 4 pairs)`,
  );
  if (backend.name === "wasm" && peak > HEAP_BYTES) {
    part.lacking.push(`${step} on the backend 'wasm', whose memory ends at ${formatBytes(HEAP_BYTES)}: ${remedy}`);
  }
  const onHost = backend.name === "wasm" || backend.name === "cpu";
  if (!onHost) part.lines.push("tensors are on the GPU, whose free memory is unknown");
  const more = imageBytes + (onHost ? peak - heldBytes : 0);
  const free = available === undefined ? "free memory is unknown" : `${formatBytes(available)} are free`;
  part.lines.push(
    `the process will take about ${formatBytes(processBytes + more)}, ${formatBytes(more)} more than now; ${free}`,
  );
  if (available !== undefined && more > available) {
    part.lacking.push(
      `about ${formatBytes(more)} more memory are needed and ${formatBytes(available)} are free: ${remedy}`,
    );
  }
  return part;
}

/** Bytes that the machine has available; undefined if this process may not ask (it needs `--allow-sys=systemMemoryInfo`). */
export function availableMemory(): number | undefined {
  try {
    return Deno.systemMemoryInfo().available;
  } catch {
    return undefined;
  }
}

/** Different images and recordings of a split. */
export type SplitCounts = { images: number; recordings: number };

/** What time is estimated from. Times are in seconds. */
export interface TimeFacts {
  config: Pick<RunConfig, "steps" | "batchSize" | "evaluateEvery">;
  /** What is still to transcribe. */
  transcription: Pick<TranscriptionPlan, "recordings" | "seconds">;
  /** How many recordings were transcribed, their length, and the time it took. */
  few: { newRecordings: number; seconds: number; elapsed: number };
  /** The time of each step that was tried; empty if nothing is trained. */
  steps: readonly number[];
  /** The time to encode one image and one recording. */
  evaluation: { image: number; recording: number };
  splits: { dev: SplitCounts; test: SplitCounts };
  /** Number of baselines, each evaluated once on test. */
  baselines: number;
}

/**
 * Estimates how long a run takes: transcription at the measured speed, training at the mean time of a step without the
 * first, which also warms up, and evaluations by the time of an image and of a recording. Loading does not count.
 */
export function planTime(facts: TimeFacts): PlanPart {
  const { config, transcription: { recordings, seconds }, few, steps, evaluation, splits, baselines } = facts;
  const part: PlanPart = { name: "time", lines: [], lacking: [] };
  let total = 0;
  const add = (what: string, seconds: number, from: string): void => {
    total += seconds;
    part.lines.push(`${what}: about ${formatSeconds(seconds)} (${from})`);
  };
  if (recordings === 0) part.lines.push("transcribe: nothing, all is stored");
  else if (seconds === undefined || few.newRecordings === 0) {
    part.lines.push(`transcribe ${recordings} recordings: of unknown length`);
  } else {
    const rate = few.seconds / Math.max(1e-3, few.elapsed);
    const from = `${few.newRecordings} recordings at ${rate.toFixed(rate < 10 ? 1 : 0)} s of speech a second`;
    add(`transcribe ${recordings} recordings, ${(seconds / 3600).toFixed(2)} h`, seconds / rate, from);
  }
  if (steps.length > 0) {
    const warm = steps.length > 1 ? steps.slice(1) : steps;
    const mean = warm.reduce((sum, seconds) => sum + seconds, 0) / warm.length;
    const from = `${steps.length} steps: ${steps.map((seconds) => seconds.toFixed(2)).join(" ")} s`;
    add(`train ${config.steps} steps of ${config.batchSize}`, config.steps * mean, from);
  }
  const cost = ({ images, recordings }: SplitCounts): number =>
    images * evaluation.image + recordings * evaluation.recording;
  const onDev = steps.length === 0 ? 0 : 1 + Math.ceil(config.steps / config.evaluateEvery);
  const onTest = baselines + (steps.length === 0 ? 0 : 1);
  const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
  add(
    `evaluate ${onDev} x dev, ${onTest} x test`,
    onDev * cost(splits.dev) + onTest * cost(splits.test),
    `${milliseconds(evaluation.image)} an image, ${milliseconds(evaluation.recording)} a recording`,
  );
  part.lines.push(`total: about ${formatSeconds(total)}, without loading`);
  return part;
}
