/** Lazy imports for modules that only one command needs. */

/**
 * Imports a file when it is needed. If Deno finds a literal `import("./x.ts")`, it loads all imports of x.ts before the
 * program starts. For an experiment these are TensorFlow.js and all models, and `--help` would take 1 s instead of 0.2 s.
 *
 * @param specifier the file, relative to the caller, as in the type T
 * @param from the caller's `import.meta.url`
 */
export async function lazily<T>(specifier: string, from: string): Promise<T> {
  return await import(new URL(specifier, from).href) as T;
}
