import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { SPEECH_STORE } from "../../lib/experiments/pairs.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import type { MetricsRecord } from "../../lib/training/run_logs.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { storeFolder } from "../../lib/whisper/store/parts.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { randomWhisper } from "../whisper/random_whisper.ts";
import { removeAtEnd } from "../temporary.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

await useBackend("wasm");
const world = await tinyWorld();
const whisper = await randomWhisper(9); // no other test's store
const store = storeFolder(join(ROOT, SPEECH_STORE), (await openWhisper(whisper)).key);
const place = join("runs", `test-no-cache-${crypto.randomUUID().slice(0, 8)}`);

removeAtEnd(store, join(ROOT, place));

Deno.test("train and eval --no-cache store nothing and agree with the stored way to half precision", async () => {
  const train = ["train", ...world.options, "--whisper", whisper, "--steps", "6", "--warmup", "1", "--seed", "3"];
  const losses: number[][] = [];
  const tables: string[] = [];
  for (const [name, extra] of [["without", ["--no-cache"]], ["stored", []]] as const) {
    const folder = join(place, name);
    const trained = await run([...train, ...extra, "--out", folder]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stderr, name === "stored" ? /42 of them now .*; stored in/ : /42 of them now .*; not stored/);
    const evaluated = await run(["eval", "--run", folder, ...extra]);
    assert.equal(evaluated.code, 0, evaluated.stderr);
    assert.equal(await exists(store), name === "stored");
    losses.push((await readJsonLines<MetricsRecord>(join(ROOT, folder, "metrics.jsonl"))).map(({ loss }) => loss));
    tables.push(evaluated.stdout);
    assert.ok(trained.stdout.includes(evaluated.stdout.trim()), "eval repeats the table");
  }
  assert.equal(losses[0]!.length, 6);
  losses[0]!.forEach((loss, step) => assert.ok(Math.abs(loss - losses[1]![step]!) < 2e-3, `${losses}`));
  assert.equal(tables[0], tables[1]);
});
