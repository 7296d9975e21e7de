/** The command line starts fast: what an action needs is not read before it runs. */
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { exists } from "../../lib/files/read.ts";

const FOLDER = "lib/cli";
/** What is not in the published package is named by a variable. */
const OUTSIDE = "lib/cli/notebooks_action.ts";
const LAZY = /lazily<\s*typeof import\(\s*"([^"]+)"\s*\)\s*>\(\s*"([^"]+)",\s*import\.meta\.url,?\s*\)/g;

/** All TypeScript files below a folder. */
async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("every lazy import has the type of the file that it names", async () => {
  let count = 0;
  for await (const name of sources("lib")) {
    if (name === OUTSIDE) continue;
    const source = (await Deno.readTextFile(name)).replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
    const found = [...source.matchAll(LAZY)];
    assert.equal(
      source.match(/\bawait lazily</g)?.length ?? 0,
      found.length,
      `${name}: a lazy import that is not understood`,
    );
    for (const [, type, file] of found) {
      assert.equal(type, file, name);
      assert.ok(await exists(join(dirname(name), file as string)), `${name}: ${file}`);
      count++;
    }
  }
  assert.ok(count >= 15, `${count} lazy imports`);
});

Deno.test("no code for models, images or audio is loaded for --help", async () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    // Comments hold examples with imports of their own.
    const source = (await Deno.readTextFile(file)).replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
    assert.doesNotMatch(source, /(?<!typeof )\bimport\(\s*["'`]/, `${file}: Deno reads what this import names at once`);
    for (const [, name] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gm)) {
      if (name!.startsWith(".")) await visit(join(dirname(file), name!));
      else packages.add(name!);
    }
  };
  await visit(join(FOLDER, "main.ts"));
  const heavy = [...packages].filter((name) => name !== "@std/path" && !name.startsWith("node:")); // Deno has them itself
  assert.deepEqual(heavy.sort(), ["commander", "zod"]);
  assert.ok(seen.size > 20, `${seen.size} files`);
});
