/**
 * The lines that a training writes: `metrics.jsonl`, one a step, and `dev.jsonl`, one an evaluation on dev. Scalars are read
 * from the device in groups, so that no step waits for its own losses.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { appendJsonLines, readJsonLines, writeJsonLines } from "../files/json_lines.ts";

/** One line. The losses stand under their own names: `loss`, `outer`, and where there are two branches `inner`. */
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
