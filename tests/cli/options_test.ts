import assert from "node:assert/strict";
import { readJson } from "../../lib/files/read.ts";
import { CHECKED_NAMES } from "../../lib/cli/data.ts";
import { CHECKED } from "../../lib/data/check/check_dataset.ts";
import { join } from "@std/path";
import { temporaryFolder } from "../temporary.ts";
import { ROOT, run, runMany } from "./run.ts";

const WRONG: [string[], RegExp][] = [
  [[], /no command is given: expected one of train, .*compare, cross, ablate.* \(see --help\)/],
  [["trian"], /unknown command 'trian'.*train/],
  [["train", "--nonsense"], /unknown option '--nonsense'/],
  [["train", "extra"], /too many arguments/],
  [["train", "--steps", "many"], /'--steps <n>' argument 'many' is invalid. Expected a whole number of at least 1/],
  [["train", "--steps", "0"], /at least 1/],
  [["train", "--steps", "1.5"], /whole number/],
  [["train", "--batch-size", "1"], /at least 2/],
  [["train", "--alpha", "2"], /from 0 to 1/],
  [["train", "--lr", "-1"], /'--lr <rate>'/],
  [["train", "--seed"], /argument missing/],
  [["train", "--variant", "best"], /Allowed choices are .*full/],
  [["train", "--dataset", "imagenet"], /Allowed choices are flickr8k/],
  [["train", "--preset", "none"], /Allowed choices are sample/],
  [["train", "--backend", "tpu"], /Allowed choices are auto/],
  [["train", "--out", ""], /Expected a name or a path/],
  [["train", "--resume", "a", "--out", "b"], /--resume and --out name different folders/],
  [["train", "--resume", "a", "--dry-run"], /cannot be used with option '--resume/],
  [["train", "--long-text", "cut"], /Allowed choices are truncate, windows/],
  [["train", "--image-fit", "stretch"], /Allowed choices are crop, pad, squash/],
  [["train", "--micro-batch", "0"], /at least 1/],
  [["train", "--audio-seconds", "0"], /number above 0/],
  [["train", "--data", "a.csv", "--data-root", ""], /Expected a name or a path/],
  [["train", "--data", "a.csv", "--dataset", "own"], /'--data <file>' cannot be used with option '--dataset/],
  [["eval", "--run", "a", "--data", "b", "--dataset", "own"], /cannot be used with option '--dataset/],
  [["eval"], /required option '--run <folder>'/],
  [["eval", "--run", "a", "--split", "all"], /Allowed choices are train, dev, test/],
  [["transcribe", "--limit", "none"], /whole number/],
  [["data", "model", "a", "b"], /too many arguments/],
  [["data", "check"], /missing required argument 'name'/],
  [["data", "check", "imagenet"], /Allowed choices are .*ravdess, own/],
  [["data", "get", "flickr8k", "--to", ""], /Expected a name or a path/],
];

Deno.test("wrong use is one clear line on stderr and exit code 2", async () => {
  const ended = await runMany(WRONG.map(([args]) => args));
  for (const [i, [args, message]] of WRONG.entries()) {
    const { code, stdout, stderr } = ended[i]!;
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]+\n$/, args.join(" "));
    assert.equal(stdout, "");
  }
});

const TRAIN_OPTIONS =
  `preset variant dataset data-root data clip whisper steps batch-size micro-batch lr warmup alpha temperature
  seed long-text image-fit audio-seconds no-cache evaluate-every save-every backend out resume stop-after dry-run`;

Deno.test("help lists every option", async () => {
  const help = await run(["train", "--help"]);
  assert.equal(help.code, 0);
  for (const option of TRAIN_OPTIONS.split(/\s+/)) assert.match(help.stdout, new RegExp(`^  --${option}\\b`, "m"));
  const others = await runMany(["eval", "transcribe"].map((name) => [name, "--help"]));
  for (const { code, stdout } of others) {
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: deno task (eval|transcribe) \[options\]/);
  }
});

Deno.test("the version is that of the package, with and without a command", async () => {
  const { version } = await readJson(join(ROOT, "deno.json")) as { version: string };
  for (const { code, stdout } of await runMany([["--version"], ["wer", "--version"]])) {
    assert.equal(code, 0);
    assert.equal(stdout, `${version}\n`);
  }
});

Deno.test("help comes fast: without loading what computes, decodes or draws", async () => {
  const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json", "lib/cli/main.ts"], cwd: ROOT });
  type Module = { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] };
  const graph = JSON.parse(new TextDecoder().decode((await info.output()).stdout)) as {
    roots: string[];
    modules: Module[];
  };
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const loaded = new Set(graph.roots);
  for (const specifier of loaded) {
    for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert.ok([...loaded].some((specifier) => specifier.includes("commander")));
  assert.deepEqual(
    [...loaded].filter((specifier) => /tfjs|transformers|sharp|audio-decode|plotly/.test(specifier)),
    [],
  );
});

Deno.test("a run that may not be written says how to permit it, before any work", async () => {
  const outside = join(await temporaryFolder(), "run");
  const { code, stderr } = await run(["train", "--out", outside]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot write to .*--allow-write=\.\/runs,[^\n]+\n$/);
});

Deno.test("the data sets that can be checked are those of the library", () => {
  assert.deepEqual(CHECKED_NAMES, CHECKED);
});
