/**
 * What can be wrong with a recording.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/**
 * What can be wrong with a recording:
 * - `missing`: no file at the path;
 * - `empty`: no bytes, or no samples inside (a header alone, a film without sound);
 * - `unknown-format`: none of the known formats, or a codec within one that is not read;
 * - `corrupt`: the header contradicts itself or the file, or the decoder gave up;
 * - `truncated`: the file ends before what it announces;
 * - `too-long`: more sound than is held in memory;
 * - `not-finite`: samples that are no numbers;
 * - `silent`: digital silence from beginning to end, after the channels are mixed.
 */
export type AudioProblem =
  | "missing"
  | "empty"
  | "unknown-format"
  | "corrupt"
  | "truncated"
  | "too-long"
  | "not-finite"
  | "silent";

/** A recording that cannot be used; {@link AudioError.problem} says why in a word. */
export class AudioError extends InputError {
  /** What is wrong. */
  readonly problem: AudioProblem;
  /** Made from the file's name, the problem and a phrase that completes "Cannot read audio 'x' as ...". */
  constructor(file: string, problem: AudioProblem, because: string) {
    super(`Cannot read audio '${file}' as ${because}.`);
    this.problem = problem;
  }
}
