/**
 * Commands as a shell takes them.
 *
 * @module
 */

/** A line that a shell takes as these words. */
export function commandLine(task: string, words: readonly string[]): string {
  return ["deno task", task, ...words.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
