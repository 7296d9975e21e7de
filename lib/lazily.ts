/**
 * Imports of what only one command needs.
 *
 * @module
 */

/**
 * Imports a file when it is needed. If Deno can see the name in an `import("./x.ts")`, it reads all that x.ts imports
 * before the program starts. For an experiment this is TensorFlow.js and all models, and `--help` would take a second
 * instead of a fifth of one.
 *
 * @param specifier the file, relative to the caller; the same as in the type T
 * @param from the caller's `import.meta.url`
 */
export async function lazily<T>(specifier: string, from: string): Promise<T> {
  return await import(new URL(specifier, from).href) as T;
}
