/**
 * What a dry run finds out about disk, memory and time, and the plan as text.
 *
 * @module
 */
import { formatBytes, freeSpace } from "../files/disk.ts";
import type { Backend } from "../runtime/backend.ts";
import { HEAP_BYTES } from "../runtime/wasm/heap.ts";
import type { RunConfig } from "../training/config.ts";
import { describePlan, type TranscriptionPlan } from "../whisper/plan.ts";
import { formatSeconds } from "./report.ts";

/** One part of a plan: the data, the models, the disk, ... */
export interface PlanPart {
  /** What it is about, in a word. */
  name: string;
  /** What was found, a line each. */
  lines: string[];
  /** What stands in the way of the run, a sentence each; none where it can start. */
  lacking: string[];
}

/** The plan as text: each part's lines beside its name, then what is lacking. */
export function formatPlan(parts: readonly PlanPart[]): string {
  const width = Math.max(...parts.map(({ name }) => name.length)) + 2;
  const lines = parts.flatMap(({ name, lines }) =>
    lines.map((line, i) => `${(i === 0 ? name : "").padEnd(width)}${line}`)
  );
  const lacking = parts.flatMap((part) => part.lacking);
  const end = lacking.length === 0 ? ["nothing is lacking"] : ["lacking:", ...lacking.map((what) => `- ${what}`)];
  return [...lines, "", ...end].join("\n");
}

/** Checkpoints that are kept, and numbers of each trained one: its value and Adam's two moments; four bytes each. */
const [KEPT, NUMBERS, BYTES] = [2, 3, 4];

/** What is known beside the hearing. */
export interface DiskFacts {
  /** Recordings that are stored. */
  stored: number;
  /** The folder of the store; undefined where nothing is stored. */
  folder: string | undefined;
  /** Numbers that are trained. */
  trained: number;
  /** Where the run's folder will be. Default `"runs"`. */
  runs?: string;
}

/**
 * Tells what will be written: encoder states (seconds x 50 frames x width x 2 bytes, up to the stated seconds of each
 * recording) and transcripts, and two checkpoints; and whether there is room for it.
 */
export async function planDisk(
  hearing: TranscriptionPlan,
  { stored, folder, trained, runs = "runs" }: DiskFacts,
): Promise<PlanPart> {
  const part: PlanPart = { name: "disk", lines: [], lacking: [] };
  if (folder !== undefined) part.lines.push(`${stored} recordings are stored in ${folder}`);
  part.lines.push(hearing.recordings === 0 ? "nothing is still to be heard" : describePlan(hearing));
  const checkpoints = KEPT * NUMBERS * BYTES * trained;
  const free = hearing.free ?? await freeSpace(runs);
  part.lines.push(`checkpoints: ${formatBytes(checkpoints)}`);
  const needed = hearing.bytes + checkpoints;
  if (free !== undefined && needed > free) {
    part.lacking.push(
      `about ${formatBytes(needed)} are to be written and ${
        formatBytes(free)
      } are free: make room, put 'runs' on a larger ` +
        "disk, hear less of long recordings (--audio-seconds), or store no states (--no-cache)",
    );
  }
  return part;
}

/** What the memory is told from. */
export interface MemoryFacts {
  /** Where tensors are computed. */
  backend: Pick<Backend, "name">;
  /** Bytes of all tensors at the peak of a step; undefined where nothing is trained. */
  stepBytes: number | undefined;
  /** Bytes of tensors that stay: the frozen towers. */
  heldBytes: number;
  /** Bytes of pictures that will be kept, decoded. */
  pictureBytes: number;
  /** Bytes that the process holds now, the frozen towers included. */
  processBytes: number;
  /** Bytes that the machine can still give; undefined where this process may not ask. */
  available: number | undefined;
  /** Pairs a step, and pairs held at once. */
  batchSize: number;
  /** Null for the whole batch. */
  microBatch: number | null;
}

/**
 * Tells how much memory a run will take, and whether there is so much. Tensors at the peak of a step of the whole batch (or
 * micro-batch) are told from real steps of 2 and of 4 pairs, as each pair more takes as much more. To what the process holds
 * already come the tensors of a step and the pictures that are kept.
 */
export function planMemory(facts: MemoryFacts): PlanPart {
  const { backend, stepBytes, heldBytes, pictureBytes, processBytes, available, batchSize, microBatch } = facts;
  const part: PlanPart = { name: "memory", lines: [], lacking: [] };
  const peak = Math.max(stepBytes ?? 0, heldBytes);
  const held = Math.min(batchSize, microBatch ?? batchSize);
  const remedy = `give a smaller --micro-batch than ${held} (it changes no result), or another --backend`;
  part.lines.push(
    stepBytes === undefined
      ? `the towers take ${formatBytes(heldBytes)}; nothing is trained`
      : `a step takes about ${formatBytes(peak)} of tensors with ${held} pairs at once (told from steps of 2 and of 4)`,
  );
  if (backend.name === "wasm" && peak > HEAP_BYTES) {
    part.lacking.push(
      `a step takes about ${formatBytes(peak)} on the backend 'wasm', whose memory ends at ${
        formatBytes(HEAP_BYTES)
      }: ${remedy}`,
    );
  }
  const onHost = backend.name === "wasm" || backend.name === "cpu";
  if (!onHost) part.lines.push(`tensors are on the GPU, whose memory cannot be asked`);
  const more = pictureBytes + (onHost ? peak - heldBytes : 0);
  const free = available === undefined ? "how much is free cannot be asked" : `${formatBytes(available)} are free`;
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

/** Bytes that the machine can still give; undefined where this process may not ask (it needs `--allow-sys=systemMemoryInfo`). */
export function availableMemory(): number | undefined {
  try {
    return Deno.systemMemoryInfo().available;
  } catch {
    return undefined;
  }
}

/** Pictures and recordings of a split. */
export interface SplitCounts {
  /** Different pictures. */
  images: number;
  /** Recordings. */
  recordings: number;
}

/** What the time is told from. */
export interface TimeFacts {
  /** The settings. */
  config: Pick<RunConfig, "steps" | "batchSize" | "evaluateEvery">;
  /** Recordings still to be heard, and their length together in seconds; undefined where nothing is known of it. */
  toHear: { recordings: number; seconds: number | undefined };
  /** How fast a few were heard. */
  few: { newRecordings: number; seconds: number; elapsed: number };
  /** Seconds of each step that was tried; none where nothing is trained. */
  steps: readonly number[];
  /** Seconds of the evaluation of one picture and of one recording. */
  evaluation: { picture: number; recording: number };
  /** What is evaluated. */
  splits: { dev: SplitCounts; test: SplitCounts };
  /** Baselines, each evaluated on test once. */
  baselines: number;
}

/**
 * Tells how long a run will take: hearing at the speed of the few, training at the mean speed of the steps after the first,
 * which also warms up, evaluations by the time of a few pictures and recordings. Loading is left out.
 */
export function planTime(facts: TimeFacts): PlanPart {
  const { config, toHear, few, steps, evaluation, splits, baselines } = facts;
  const part: PlanPart = { name: "time", lines: [], lacking: [] };
  let total = 0;
  const tell = (what: string, seconds: number, from: string): void => {
    total += seconds;
    part.lines.push(`${what}: about ${formatSeconds(seconds)} (${from})`);
  };
  if (toHear.recordings === 0) part.lines.push("hear: nothing, all is stored");
  else if (toHear.seconds === undefined || few.newRecordings === 0) {
    part.lines.push(`hear ${toHear.recordings} recordings: of unknown length`);
  } else {
    const rate = few.seconds / Math.max(1e-3, few.elapsed);
    const from = `${few.newRecordings} recordings at ${rate.toFixed(rate < 10 ? 1 : 0)} s of speech a second`;
    tell(`hear ${toHear.recordings} recordings, ${(toHear.seconds / 3600).toFixed(2)} h`, toHear.seconds / rate, from);
  }
  if (steps.length > 0) {
    const warm = steps.length > 1 ? steps.slice(1) : steps;
    const mean = warm.reduce((sum, seconds) => sum + seconds, 0) / warm.length;
    const from = `${steps.length} steps: ${steps.map((seconds) => seconds.toFixed(2)).join(" ")} s`;
    tell(`train ${config.steps} steps of ${config.batchSize}`, config.steps * mean, from);
  }
  const cost = ({ images, recordings }: SplitCounts): number =>
    images * evaluation.picture + recordings * evaluation.recording;
  const onDev = steps.length === 0 ? 0 : 1 + Math.ceil(config.steps / config.evaluateEvery);
  const onTest = baselines + (steps.length === 0 ? 0 : 1);
  const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
  tell(
    `evaluate ${onDev} x dev, ${onTest} x test`,
    onDev * cost(splits.dev) + onTest * cost(splits.test),
    `${milliseconds(evaluation.picture)} a picture, ${milliseconds(evaluation.recording)} a recording`,
  );
  part.lines.push(`together: about ${formatSeconds(total)}, without loading`);
  return part;
}
