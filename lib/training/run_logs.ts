/**
 * The lines that a training writes: `metrics.jsonl`, one a step; `dev.jsonl`, one an evaluation on dev; `left_out.jsonl`, one
 * an input that cannot be used. Scalars are read from the device in groups, so that no step waits for its own losses.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { appendJsonLines, readJsonLines, writeJsonLines } from "../files/json_lines.ts";

/** One line. The losses have their own names: `loss`, `outer`, and where there are two branches `inner`. */
export interface MetricsRecord {
  /** The optimizer step, from 1. */
  step: number;
  /** The step's learning rate. */
  learningRate: number;
  /** What was minimised. */
  loss: number;
  /** Norm of the gradient before clipping. */
  gradientNorm: number;
  /** The temperature after the step. */
  temperature: number;
  /** Seconds since training began, pauses between processes not counted. */
  seconds: number;
  /** A further loss by its name. */
  [loss: string]: number;
}

/** What is known of a step at once. */
export interface StepFacts {
  /** The optimizer step. */
  step: number;
  /** Its learning rate. */
  learningRate: number;
}

/** Scalars of a step that are still on the device, by name; undefined ones are skipped. */
export type StepScalars = Record<string, tf.Tensor | undefined>;

interface Pending {
  fixed: StepFacts;
  scalars: StepScalars;
  seconds: number;
}

/** Collects steps and writes them. */
export class MetricsWriter {
  readonly #path: string;
  readonly #start: number;
  #pending: Pending[] = [];

  private constructor(path: string, earlier: number) {
    this.#path = path;
    this.#start = performance.now() / 1000 - earlier;
  }

  /**
   * Opens the log of a run that continues after `step`: lines of later steps, which a killed process wrote, are removed.
   *
   * @throws {InputError} where a line is damaged.
   */
  static async open(path: string, step: number): Promise<MetricsWriter> {
    const whole = ({ step, seconds }: Partial<MetricsRecord>) => Number.isInteger(step) && Number.isFinite(seconds);
    const kept = (await readJsonLines<MetricsRecord>(path, whole)).filter((record) => record.step <= step);
    await writeJsonLines(path, kept);
    return new MetricsWriter(path, kept.at(-1)?.seconds ?? 0);
  }

  /** Notes a step. The scalars become the writer's. */
  add(fixed: StepFacts, scalars: StepScalars): void {
    const seconds = Math.round((performance.now() / 1000 - this.#start) * 1000) / 1000;
    this.#pending.push({ fixed, scalars, seconds });
  }

  /** Reads what was noted, writes it, and returns it. */
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

  /** Frees what was noted but not read. */
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
 * Opens `dev.jsonl` of a run that continues after `step`: lines of later steps, which a killed process wrote, are removed.
 *
 * @returns adds a line
 * @throws {InputError} where a line is damaged.
 */
export async function openDevLog(path: string, step: number): Promise<(record: DevRecord) => Promise<void>> {
  const kept = (await readDevLog(path)).filter((record) => record.step <= step);
  await writeJsonLines(path, kept);
  return (record) => appendJsonLines(path, [record]);
}

/**
 * The lines of `dev.jsonl`; none where it is missing.
 *
 * @throws {InputError} where a line is damaged.
 */
export function readDevLog(path: string): Promise<DevRecord[]> {
  return readJsonLines(path, ({ step, recall }) => Number.isInteger(step) && Number.isFinite(recall));
}

/** One recording or image that was skipped. */
export interface LeftOutEntry {
  /** What it is. */
  kind: "recording" | "picture";
  /** Its file. */
  path: string;
  /** What is wrong with a recording, in a word, where that is known; `"whisper"`: the file is sound, Whisper failed on it. */
  problem?: string;
  /** Why it cannot be used, in one line. */
  reason: string;
}

/** The list of a run; each path is reported and written once. */
export class LeftOut {
  readonly #entries = new Map<string, LeftOutEntry>();
  readonly #file: string | undefined;
  readonly #tell: (line: string) => void;
  #written = new Set<string>();

  /**
   * An empty list.
   *
   * @param options.file `left_out.jsonl` of the run folder; none keeps the list in memory.
   * @param options.tell takes the line for the user.
   */
  constructor(options: { file?: string; tell: (line: string) => void }) {
    this.#file = options.file;
    this.#tell = options.tell;
  }

  /**
   * A list that continues the one in the file, so that a resumed run lists nothing twice.
   *
   * @throws {InputError} where a line of the file is damaged.
   */
  static async open(options: { file: string; tell: (line: string) => void }): Promise<LeftOut> {
    const list = new LeftOut(options);
    const entries = await readJsonLines<LeftOutEntry>(options.file, ({ path }) => typeof path === "string");
    list.#written = new Set(entries.map((entry) => entry.path));
    return list;
  }

  /** All entries, in the order in which they were met. */
  get entries(): LeftOutEntry[] {
    return [...this.#entries.values()];
  }

  /** Adds one; does nothing where its path is listed. */
  async add(entry: LeftOutEntry): Promise<void> {
    if (this.#entries.has(entry.path)) return;
    this.#entries.set(entry.path, entry);
    this.#tell(`left out the ${entry.kind} '${entry.path}': ${entry.reason}`);
    if (this.#file !== undefined && !this.#written.has(entry.path)) await appendJsonLines(this.#file, [entry]);
  }

  /** One line with the counts; undefined where nothing was left out. */
  summary(): string | undefined {
    if (this.#entries.size === 0) return undefined;
    const recordings = this.entries.filter((entry) => entry.kind === "recording").length;
    const failed = this.entries.filter((entry) => entry.problem === "whisper").length;
    const ofThem = failed === 0 ? "" : ` (${failed} on which Whisper failed)`;
    const list = this.#file === undefined ? "" : `; listed in ${this.#file}`;
    return `left out ${recordings} recordings${ofThem} and ${this.#entries.size - recordings} pictures${list}`;
  }
}
