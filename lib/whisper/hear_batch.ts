/**
 * A batch through Whisper of which one bad recording does not spoil the others.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import type { Encoded } from "./whisper.ts";

/** What half precision cannot hold any more. */
const LARGEST = 65504;

/** Recordings of which nothing could be made, and why. */
export interface Failure {
  /** What Whisper said, in a phrase. */
  failure: string;
}

/**
 * Runs a batch. Where that fails each recording is tried once more alone, so that the one at fault is found and the others
 * come through. States that are no finite numbers count as a failure too.
 *
 * @param run Whisper, with text or without
 * @returns a result or a failure for each recording
 */
export async function hearBatch<T extends Encoded>(
  batch: readonly Float32Array[],
  run: (batch: readonly Float32Array[]) => Promise<T[]>,
): Promise<(T | Failure)[]> {
  let results: (T | Failure)[];
  try {
    results = await run(batch);
  } catch (error) {
    results = batch.map(() => ({ failure: messageOf(error) }));
  }
  const checked = results.map((result) => "failure" in result || isFinite(result) ? result : { failure: NOT_FINITE });
  for (const [i, result] of checked.entries()) {
    if (!("failure" in result)) continue;
    try {
      const [again] = await run([batch[i] as Float32Array]);
      if (again === undefined) throw new Error("it gave no result");
      checked[i] = isFinite(again) ? again : { failure: NOT_FINITE };
    } catch (error) {
      checked[i] = { failure: messageOf(error) };
    }
  }
  return checked;
}

const NOT_FINITE = "its states are no finite numbers, or too large for half precision";

function isFinite({ states }: Encoded): boolean {
  for (let i = 0; i < states.length; i++) if (!(Math.abs(states[i]!) <= LARGEST)) return false;
  return true;
}
