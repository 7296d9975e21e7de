/**
 * Prints the path of the browser that draws figures, so that a task can permit this program only. Without a browser it
 * prints a name that permits nothing.
 */
import { InputError } from "../errors.ts";
import { findChromium } from "../report/export/chromium.ts";

async function program(): Promise<string> {
  try {
    return await findChromium() ?? "chromium";
  } catch (error) {
    if (error instanceof InputError) return "chromium";
    throw error;
  }
}

if (import.meta.main) console.log(await program());
