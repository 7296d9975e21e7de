import assert from "node:assert/strict";
import { join } from "@std/path";
import { readExperiment } from "../../lib/experiments/experiment.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { WER_SCHEMAS } from "../../lib/experiments/wer.ts";
import type { WerSample } from "../../lib/experiments/wer_analysis.ts";
import { readJson } from "../../lib/files/read.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { ROOT, run, runMany } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");

async function succeeds(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["wer", ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

const results = (out: string) => readExperiment(join(ROOT, out, "results.json"), "wer", WER_SCHEMAS);

Deno.test("wer of a table gives the reference's figures within 1e-6, as a process", async () => {
  const { logistic } = await readJson("tests/fixtures/metrics.json") as { logistic: Record<string, number[]> };
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  removeAtEnd(file);
  const lines = logistic["wer"]!.map((wer, i) => JSON.stringify({ wer, hit: logistic["hit"]![i] }));
  await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
  const out = freshRun("wer-table");
  assert.match(await succeeds(["--table", file, "--out", out]), /McFadden R2 0\.0264; likelihood ratio 14\.613/);
  const { regression } = (await results(out)).result.findings[0]!;
  assert.ok(regression.fitted);
  const expected: Record<string, number> = {
    intercept: logistic["intercept"] as unknown as number,
    wer: logistic["slope"] as unknown as number,
  };
  regression.fit.coefficients.forEach(({ name, estimate, standardError, z, p, confidence95 }, i) => {
    const found = [estimate, standardError, z, p, ...confidence95];
    const right = [
      expected[name]!,
      logistic["standard_errors"]![i]!,
      logistic["z"]![i]!,
      logistic["p_values"]![i]!,
      ...(logistic["confidence_95"] as unknown as number[][])[i]!,
    ];
    found.forEach((value, j) => assert.ok(Math.abs(value - right[j]!) < 1e-6, `${name}: ${value}, not ${right[j]}`));
  });
});

Deno.test("wer of a small world: zero-shot and a trained run, stored, and repeated from the file alone", async () => {
  const world = await tinyWorld({ train: 20, test: 8 });
  removeAtEnd(world.root, world.clip, world.whisper);
  removeAtEnd(storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(world.whisper)).key));
  const models = ["--data-root", world.root, "--clip", world.clip, "--whisper", world.whisper, "--backend", "wasm"];
  const out = freshRun("wer-zero");
  const shown = await succeeds([...models, "--k", "3", "--out", out]);
  assert.match(shown, /Logistic regression of R@3 on the word error rate \(lower case only\): 8 rows, \d hits/);
  assert.match(shown, /K 3\./);
  assert.match(shown, /\(lower case only\): 8 rows/);
  assert.match(shown, /\(English normalizer\): 8 rows/);
  const samples = await readJsonLines<WerSample>(join(ROOT, out, "samples.jsonl"));
  assert.equal(samples.length, 8);
  for (const { rank, raw, reference } of samples) {
    assert.ok(rank >= 1 && rank <= 8);
    assert.equal(raw.words, reference.split(" ").length);
    assert.equal(raw.errors, raw.substitutions + raw.deletions + raw.insertions);
  }
  const { settings, result } = await results(out);
  assert.equal(result.findings[0]!.hits, samples.filter(({ rank }) => rank <= 3).length);
  assert.ok(settings.source === "model" && settings.run === null && settings.config.variant === "pip-zero-shot");

  const trained = freshRun("wer-run");
  const train = [
    "train",
    ...world.options,
    "--variant",
    "pip",
    "--steps",
    "2",
    "--evaluate-every",
    "2",
    "--out",
    trained,
  ];
  const { code, stderr } = await run(train);
  assert.equal(code, 0, stderr);
  const ofRun = freshRun("wer-of-run");
  assert.match(await succeeds(["--run", trained, "--normaliser", "english", "--out", ofRun]), /\(pip, run runs/);
  // The run's folder is gone: the experiment trains it anew from the stored settings, to the same result.
  await Deno.remove(join(ROOT, trained), { recursive: true });
  const anew = freshRun("wer-anew");
  await succeeds(["--from", join(ofRun, "results.json"), "--out", anew]);
  for (const file of ["results.json", "table.md", "samples.jsonl"]) {
    const [one, two] = await Promise.all([ofRun, anew].map((path) => Deno.readTextFile(join(ROOT, path, file))));
    assert.equal(two, one, file);
  }
});

Deno.test("wrong use of wer is refused in one line", async () => {
  const cases: [string[], RegExp, number][] = [
    [["--table", "a.csv", "--run", "b"], /cannot be used with option '--run/, 2],
    [["--from", "a.json", "--preset", "sample"], /cannot be used with option '--preset/, 2],
    [["--from", "a.json", "--k", "10"], /cannot be used with option '--k/, 2],
    [["--from", "a.json", "--table", "b.csv"], /cannot be used with option/, 2],
    [["--table", "a.csv", "--k", "10"], /cannot be used with option '--k/, 2],
    [["--table", "a.csv", "--split", "dev"], /cannot be used with option '--split/, 2],
    [["--k", "0"], /at least 1/, 2],
    [["--normaliser", "french"], /Allowed choices are both, raw, english/, 2],
    [["--run", "runs/none"], /has no config\.json/, 1],
    [["--table", "none.csv"], /none\.csv/, 1],
    [["--from", "deno.json"], /must be the results\.json of 'wer'/, 1],
  ];
  const ended = await runMany(cases.map(([args]) => ["wer", ...args]));
  for (const [i, [, message, exit]] of cases.entries()) {
    const { code, stderr, stdout } = ended[i]!;
    assert.equal(code, exit, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.equal(stdout, "");
  }
});
