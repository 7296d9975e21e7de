/**
 * What `sample` does, loaded when it is asked for.
 *
 * @module
 */
import { type BackendChoice, useBackend } from "../runtime/backend.ts";
import { makeSample, type Stage, STAGES } from "../../data/generator/sample.ts";
import { onInterrupt } from "./interrupt.ts";
import type { SampleCommandOptions } from "./sample.ts";

/**
 * Remakes the sample.
 *
 * @throws {InputError} where a program that it needs is missing.
 */
export async function sampleFromOptions(options: SampleCommandOptions): Promise<"complete" | "interrupted"> {
  const log = (line: string): void => console.error(line);
  await useBackend(options.backend as BackendChoice, { log });
  const signal = onInterrupt(() => log("stopping: the state is being saved (again Ctrl-C: stop at once)"));
  const stages = (options.stages ?? STAGES) as readonly Stage[];
  const { out, work, seed } = options;
  const finished = await makeSample({ out, work, stages, log, signal, ...(seed === undefined ? {} : { seed }) });
  if (finished.length === stages.length) return "complete";
  log("stopped; the same command continues");
  return "interrupted";
}
