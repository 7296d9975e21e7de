/**
 * Imports of what only one sub-command needs.
 *
 * @module
 */

/**
 * Imports a file of this folder when it is wanted, and not a moment before. Of an `import("./x.ts")` that it can see, Deno
 * reads all that x.ts imports before the program starts, which for an action is TensorFlow.js and all models: `--help`
 * then takes a second rather than a tenth of one.
 *
 * @param specifier of the file, as seen from `lib/cli/`; the same as in the type T
 *
 * @example
 * ```ts
 * import { lazily } from "./lazily.ts";
 * const { wholeNumber } = await lazily<typeof import("./parsers.ts")>("./parsers.ts");
 * if (wholeNumber(1)("3") !== 3) throw new Error("not read");
 * ```
 */
export async function lazily<T>(specifier: string): Promise<T> {
  return await import(specifier) as T;
}
