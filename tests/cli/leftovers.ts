/** Runs that a test file makes, removed when it ends. */
import { join } from "@std/path";
import { removeAtEnd } from "../temporary.ts";
import { ROOT } from "./run.ts";

export { removeAtEnd };

/** The path of a run, from the repository's folder, that no other test uses; removed at the end. */
export function freshRun(name: string): string {
  const path = join("runs", `test-${name}-${crypto.randomUUID().slice(0, 8)}`);
  removeAtEnd(join(ROOT, path));
  return path;
}
