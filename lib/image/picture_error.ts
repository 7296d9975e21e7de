/**
 * What can be wrong with a picture.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/**
 * What can be wrong with a picture:
 * - `missing`: no file at the path;
 * - `empty`: no bytes;
 * - `unknown-format`: a web page, a text, or a format that is not read;
 * - `truncated`: the file ends before its last pixel;
 * - `corrupt`: the decoder gave up, or the header announces what the file cannot hold;
 * - `too-large`: more pixels than are decoded.
 */
export type PictureProblem = "missing" | "empty" | "unknown-format" | "truncated" | "corrupt" | "too-large";

/** A picture that cannot be used; {@link PictureError.problem} says why in a word. */
export class PictureError extends InputError {
  /** What is wrong. */
  readonly problem: PictureProblem;
  /** Made from the file's name, the problem and a phrase that completes "Cannot read picture 'x' as ...". */
  constructor(file: string, problem: PictureProblem, because: string) {
    super(`Cannot read picture '${file}' as ${because}.`);
    this.problem = problem;
  }
}
