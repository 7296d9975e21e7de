/**
 * The logs of a run: `metrics.jsonl`, a line per step; `dev.jsonl`, a line per evaluation on dev; `left_out.jsonl`, a line
 * per input that was skipped. Scalars are read from the device in groups, so that no step waits for its losses.
 */
import * as tf from "@tensorflow/tfjs-core";
import { appendJsonLines, readJsonLines, writeJsonLines } from "../files/json_lines.ts";

/** One line of `metrics.jsonl`. The losses are `loss`, `outer` and, if there are two branches, `inner`. */
export interface MetricsRecord {
  /** The optimizer step, from 1. */
  step: number;
  /** The step's learning rate of the prompts. */
  learningRate: number;
  /** The loss that is minimized. */
  loss: number;
  /** Norm of the gradient before clipping. */
  gradientNorm: number;
  /** The temperature after the step. */
  temperature: number;
  /** Seconds of training, without pauses between processes. */
  seconds: number;
  /** Another loss by its name. */
  [loss: string]: number;
}

/** A step whose scalars are still on the device. Undefined scalars are skipped. */
interface PendingStep {
  fixed: { step: number; learningRate: number };
  scalars: Record<string, tf.Tensor | undefined>;
  seconds: number;
}

/**
 * The lines of `metrics.jsonl`; none if it is missing.
 *
 * @throws {InputError} if a line is damaged.
 */
export function readMetrics(path: string): Promise<MetricsRecord[]> {
  return readJsonLines(path, ({ step, loss }) => Number.isInteger(step) && Number.isFinite(loss));
}

/** Writes `metrics.jsonl`. */
export class MetricsWriter {
  readonly #path: string;
  readonly #start: number;
  #pending: PendingStep[] = [];

  private constructor(path: string, earlier: number) {
    this.#path = path;
    this.#start = performance.now() / 1000 - earlier;
  }

  /**
   * Opens the log of a run that continues after `step` and removes later lines, which a killed process wrote.
   *
   * @throws {InputError} if a line is damaged.
   */
  static async open(path: string, step: number): Promise<MetricsWriter> {
    const whole = ({ step, seconds }: Partial<MetricsRecord>) => Number.isInteger(step) && Number.isFinite(seconds);
    const earlier = (await readJsonLines<MetricsRecord>(path, whole)).filter((record) => record.step <= step);
    await writeJsonLines(path, earlier);
    return new MetricsWriter(path, earlier.at(-1)?.seconds ?? 0);
  }

  /** Adds a step. The writer disposes the scalars. */
  add(fixed: PendingStep["fixed"], scalars: PendingStep["scalars"]): void {
    const seconds = Math.round((performance.now() / 1000 - this.#start) * 1000) / 1000;
    this.#pending.push({ fixed, scalars, seconds });
  }

  /** Reads the scalars of the added steps, writes their lines and returns them. */
  async flush(): Promise<MetricsRecord[]> {
    const pending = this.#pending;
    this.#pending = [];
    const records: MetricsRecord[] = [];
    for (const { fixed, scalars, seconds } of pending) {
      const values: Record<string, number> = {};
      for (const [name, scalar] of Object.entries(scalars)) {
        if (scalar === undefined) continue;
        values[name] = (await scalar.data<"float32">())[0] as number;
        scalar.dispose();
      }
      records.push({ ...fixed, ...values, seconds } as MetricsRecord);
    }
    await appendJsonLines(this.#path, records.map((record) => ({ ...record })));
    return records;
  }

  /** Disposes scalars that were not read. */
  dispose(): void {
    for (const { scalars } of this.#pending) {
      tf.dispose(Object.values(scalars).filter((scalar) => scalar !== undefined));
    }
    this.#pending = [];
  }
}

/** One line of `dev.jsonl`. */
export interface DevRecord {
  /** The optimizer step. */
  step: number;
  /** Mean R@1 of both directions on dev, in percent. */
  recall: number;
}

/**
 * Opens `dev.jsonl` of a run that continues after `step` and removes later lines, which a killed process wrote.
 *
 * @returns a function that appends a line
 * @throws {InputError} if a line is damaged.
 */
export async function openDevLog(path: string, step: number): Promise<(record: DevRecord) => Promise<void>> {
  await writeJsonLines(path, (await readDevLog(path)).filter((record) => record.step <= step));
  return (record) => appendJsonLines(path, [record]);
}

/**
 * The lines of `dev.jsonl`; none if it is missing.
 *
 * @throws {InputError} if a line is damaged.
 */
export function readDevLog(path: string): Promise<DevRecord[]> {
  return readJsonLines(path, ({ step, recall }) => Number.isInteger(step) && Number.isFinite(recall));
}

/** One recording or image that was skipped. */
export interface SkippedFile {
  /** Which of the two. */
  kind: "recording" | "picture";
  /** Its file. */
  path: string;
  /** What is wrong with a recording, in one word, if known. `"whisper"`: the file is valid, but Whisper failed on it. */
  problem?: string;
  /** Why it cannot be used, as one line. */
  reason: string;
}

/** The skipped inputs of a run. Each path is reported and written once. */
export class SkippedFiles {
  readonly #entries = new Map<string, SkippedFile>();
  readonly #file: string | undefined;
  readonly #onLine: (line: string) => void;
  #written = new Set<string>();

  /**
   * An empty list.
   *
   * @param options.file `left_out.jsonl` of the run's folder. Default: the list is only in memory.
   * @param options.onLine receives the line for the user.
   */
  constructor(options: { file?: string; onLine: (line: string) => void }) {
    this.#file = options.file;
    this.#onLine = options.onLine;
  }

  /**
   * Continues the list in a file, so that a resumed run writes nothing twice.
   *
   * @throws {InputError} if a line of the file is damaged.
   */
  static async open(options: { file: string; onLine: (line: string) => void }): Promise<SkippedFiles> {
    const list = new SkippedFiles(options);
    const entries = await readJsonLines<SkippedFile>(options.file, ({ path }) => typeof path === "string");
    list.#written = new Set(entries.map((entry) => entry.path));
    return list;
  }

  /** All entries, in the order in which they were added. */
  get entries(): SkippedFile[] {
    return [...this.#entries.values()];
  }

  /** Adds an entry, unless its path is listed. */
  async add(entry: SkippedFile): Promise<void> {
    if (this.#entries.has(entry.path)) return;
    this.#entries.set(entry.path, entry);
    const what = entry.kind === "picture" ? "image" : "recording";
    this.#onLine(`skipped the ${what} '${entry.path}', left out of all results: ${entry.reason}`);
    if (this.#file !== undefined && !this.#written.has(entry.path)) await appendJsonLines(this.#file, [entry]);
  }

  /** One line with the counts; undefined if nothing was skipped. */
  summary(): string | undefined {
    if (this.#entries.size === 0) return undefined;
    const recordings = this.entries.filter((entry) => entry.kind === "recording").length;
    const failed = this.entries.filter((entry) => entry.problem === "whisper").length;
    const failures = failed === 0 ? "" : ` (Whisper failed on ${failed})`;
    const list = this.#file === undefined ? "" : `; listed in ${this.#file}`;
    return `skipped ${recordings} recordings${failures} and ${this.#entries.size - recordings} images${list}`;
  }
}
