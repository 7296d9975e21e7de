/**
 * Text in a notebook that is made from results.
 *
 * @module
 */
import { showOutput } from "./kernel.ts";

/**
 * Shows Markdown below the running cell, such as a finding with its figures filled in.
 *
 * @example In a notebook's cell
 * ```ts ignore
 * await showMarkdown(`BrewCLIP finds **${recall.toFixed(1)} %** of the pictures at the first place.`);
 * ```
 *
 * @throws {InputError} outside of a notebook.
 */
export async function showMarkdown(text: string): Promise<void> {
  await showOutput({ "text/markdown": text, "text/plain": text });
}
