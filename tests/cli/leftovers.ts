/** What a test file leaves behind, removed when it ends. */
import { join } from "@std/path";
import { ROOT } from "./run.ts";

const leftovers: string[] = [];

addEventListener("unload", () => {
  for (const path of leftovers) {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
});

/** Removes files and folders at the end, those that are there. */
export function removeAtEnd(...paths: string[]): void {
  leftovers.push(...paths);
}

/** The path of a run, from the repository's folder, that no other test uses; removed at the end. */
export function freshRun(name: string): string {
  const path = join("runs", `test-${name}-${crypto.randomUUID().slice(0, 8)}`);
  removeAtEnd(join(ROOT, path));
  return path;
}
