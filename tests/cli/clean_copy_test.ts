import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { readResults } from "../../lib/experiments/results.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { temporaryFolder } from "../temporary.ts";
import { ROOT } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

/** The files that a clone would have, with the changes that are not committed; undefined outside a git repository. */
async function listed(): Promise<string[] | undefined> {
  try {
    const git = new Deno.Command("git", {
      args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      cwd: ROOT,
      stderr: "null",
    });
    const { success, stdout } = await git.output();
    return success ? new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "") : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The files below a folder, without those of packages. */
async function files(root: string, under = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(join(root, under))) {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory && path !== "node_modules") found.push(...await files(root, path));
    else if (entry.isFile) found.push(path);
  }
  return found;
}

Deno.test("deno task train works from a clean copy of the repository, without a network and writing to runs only", async () => {
  const paths = await listed();
  if (paths === undefined) {
    console.log("skipped: this is no git repository, or git is not installed");
    return;
  }
  const copy = await temporaryFolder("brewclip-copy-");
  for (const path of paths) {
    if (!await exists(join(ROOT, path))) continue;
    await Deno.mkdir(dirname(join(copy, path)), { recursive: true });
    await Deno.copyFile(join(ROOT, path), join(copy, path));
  }
  const models = ["clip-tiny-sample/model.safetensors", "whisper-tiny-sample/onnx/decoder_model_merged.onnx"];
  const bundled = (await Promise.all(models.map((file) => exists(join(copy, "data/models", file))))).every(Boolean);
  await useBackend("wasm");
  const options = bundled ? [] : (await tinyWorld()).options;
  const audit = join(await temporaryFolder(), "audit.jsonl");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "train", ...options, "--max-pictures", "40", "--steps", "4", "--out", "runs/first"],
    cwd: copy,
    env: { NO_COLOR: "1", DENO_AUDIT_PERMISSIONS: audit },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  assert.match(new TextDecoder().decode(stdout), /BrewCLIP \(full\)/);
  assert.equal((await readResults(join(copy, "runs/first/results.json"))).split, "test");

  const seen = (await Deno.readTextFile(audit)).trim().split("\n").map((line) => JSON.parse(line));
  assert.ok(seen.length > 0, "the audit has entries");
  assert.deepEqual(seen.filter(({ permission }) => permission === "net" || permission === "run"), []);
  // The audit counts a file that is opened for reading as a write too, so what was written is looked up on the disk.
  const known = new Set(paths);
  for (const path of await files(copy)) {
    const allowed = known.has(path) || path.startsWith("runs/") || path.startsWith("node_modules/");
    assert.ok(allowed, `'${path}' was written outside of runs/`);
  }
});
