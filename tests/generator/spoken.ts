/** Tests that need espeak-ng and opus-tools: skipped with the reason where these are not installed. */
import { messageOf } from "../../lib/errors.ts";
import { checkTools } from "../../data/generator/processes.ts";
import { temporaryFolder } from "../temporary.ts";

const missing: string | undefined = await checkTools().then(() => undefined, messageOf);

/** Registers a test that speaks. */
export function spokenTest(name: string, run: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: run,
  });
}

/** Runs with a temporary folder that is removed afterwards. */
export async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder("brewclip-");
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
