/** A clean copy of the project for tests that write into its `runs/`. */
import { dirname, join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { ROOT } from "../cli/run.ts";

/** Folders that a clone has not. */
const MADE = new Set([".git", ".cache", "node_modules", "runs", "coverage"]);

/** The files of a clone with the changes that are not committed; all files where this is no git repository. */
async function sources(): Promise<string[]> {
  try {
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const { success, stdout } = await new Deno.Command("git", { args, cwd: ROOT, stderr: "null" }).output();
    if (success) return new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await below("");
}

async function below(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, name);
    if (isDirectory && !MADE.has(name)) found.push(...await below(path));
    else if (isFile) found.push(path);
  }
  return found;
}

/** Copies the project into a folder, without runs; packages are those of this project. */
export async function copyProject(folder: string): Promise<void> {
  for (const path of await sources()) {
    if (!await exists(join(ROOT, path))) continue; // removed, but not committed yet
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.copyFile(join(ROOT, path), join(folder, path));
  }
  await Deno.symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), { type: "dir" });
}
