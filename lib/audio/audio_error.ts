/**
 * What can be wrong with a recording.
 */
import { InputError } from "../errors.ts";

/**
 * What can be wrong with a recording:
 * - `missing`: no such file;
 * - `empty`: no bytes, or no samples (a header alone, a video without sound);
 * - `unknown-format`: an unsupported format, or an unsupported codec within a format;
 * - `corrupt`: the header contradicts itself or the file, or the decoder failed;
 * - `truncated`: the file is shorter than its header says;
 * - `too-long`: too long for the memory;
 * - `not-finite`: samples that are not finite numbers;
 * - `silent`: digital silence throughout, after the channels are mixed.
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

/** A recording that cannot be used. */
export class AudioError extends InputError {
  /** What is wrong. */
  readonly problem: AudioProblem;
  /** `because` completes "Cannot read audio 'x' as ...". */
  constructor(file: string, problem: AudioProblem, because: string) {
    super(`Cannot read audio '${file}' as ${because}.`);
    this.problem = problem;
  }
}
