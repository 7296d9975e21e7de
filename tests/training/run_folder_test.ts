import assert from "node:assert/strict";
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { sample } from "../../lib/training/presets.ts";
import { type SkippedFile, SkippedFiles } from "../../lib/training/run_logs.ts";
import { appendJsonLines, readJsonLines } from "../../lib/files/json_lines.ts";
import { createRun, openRun } from "../../lib/training/run_folder.ts";
import { temporaryFolder } from "../temporary.ts";

Deno.test("a run's folder is made once and opened again with its config", async () => {
  const path = join(await temporaryFolder(), "run");
  await assert.rejects(openRun(path), /no config.json/);
  await createRun(path, { ...sample(), seed: 5 });
  assert.equal((await openRun(path)).config.seed, 5);
  await createRun(path, { ...sample(), seed: 6 }); // nothing was kept yet
  const { folder, config } = await openRun(path);
  assert.equal(config.seed, 6);
  await writeAtomic(folder.results, "{}");
  await assert.rejects(createRun(path, sample()), /Continue the run with --resume/);
});

Deno.test("a config with an unknown key stops the opening of a run", async () => {
  const path = join(await temporaryFolder(), "run");
  const { config } = await createRun(path, sample());
  await Deno.writeTextFile(config, JSON.stringify({ ...sample(), learning_rate: 1 }));
  await assert.rejects(openRun(path), /learning_rate/);
});

Deno.test("lines are appended; a line that a kill cut off is dropped", async () => {
  const path = join(await temporaryFolder(), "metrics.jsonl");
  assert.deepEqual(await readJsonLines(path), []);
  await appendJsonLines(path, [{ step: 1 }, { step: 2 }]);
  await Deno.writeTextFile(path, '{"step": 3, "lo', { append: true });
  assert.deepEqual(await readJsonLines(path), [{ step: 1 }, { step: 2 }]);
});

Deno.test("a skipped input is reported once, counted and listed, also after a resumption", async () => {
  const file = join(await temporaryFolder(), "left_out.jsonl");
  const lines: string[] = [];
  const tell = (line: string) => lines.push(line);
  const first = await SkippedFiles.open({ file, onLine: tell });
  assert.equal(first.summary(), undefined);
  await first.add({ kind: "picture", path: "a.jpg", reason: "it is empty" });
  await first.add({ kind: "picture", path: "a.jpg", reason: "it is empty" });
  const second = await SkippedFiles.open({ file, onLine: tell });
  await second.add({ kind: "picture", path: "a.jpg", reason: "it is empty" });
  await second.add({ kind: "recording", path: "b.wav", reason: "it does not exist" });
  assert.deepEqual((await readJsonLines<{ path: string }>(file)).map((entry) => entry.path), ["a.jpg", "b.wav"]);
  assert.equal(second.summary(), `skipped 1 recordings and 1 images; listed in ${file}`);
  assert.equal(lines.filter((line) => line.includes("a.jpg")).length, 2);
});

Deno.test("a skipped input is reported once, counted by kind, and listed once over several processes", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "left_out.jsonl");
  const entries: SkippedFile[] = [
    { kind: "recording", path: "a.wav", problem: "truncated", reason: "it ends early" },
    { kind: "recording", path: "b.wav", problem: "whisper", reason: "Whisper failed" },
    { kind: "picture", path: "c.jpg", reason: "it does not exist" },
  ];
  for (const _ of [1, 2]) {
    const told: string[] = [];
    const list = await SkippedFiles.open({ file, onLine: (line) => void told.push(line) });
    assert.equal(list.summary(), undefined);
    for (const entry of [...entries, ...entries]) await list.add(entry);
    assert.deepEqual(list.entries, entries);
    assert.equal(told.length, 3);
    assert.equal(told[1], "skipped the recording 'b.wav', left out of all results: Whisper failed");
    assert.equal(
      list.summary(),
      `skipped 2 recordings (Whisper failed on 1) and 1 images; listed in ${file}`,
    );
    assert.deepEqual(await readJsonLines(file), entries);
  }
  await Deno.remove(folder, { recursive: true });
});
