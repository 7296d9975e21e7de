import assert from "node:assert/strict";
import { join } from "@std/path";
import { LeftOut, type LeftOutEntry } from "../../lib/training/left_out.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { temporaryFolder } from "../temporary.ts";

Deno.test("what is left out is told once, counted by kind, and listed once over several processes", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "left_out.jsonl");
  const entries: LeftOutEntry[] = [
    { kind: "recording", path: "a.wav", problem: "truncated", reason: "it ends early" },
    { kind: "recording", path: "b.wav", problem: "whisper", reason: "Whisper failed" },
    { kind: "picture", path: "c.jpg", reason: "it does not exist" },
  ];
  for (const _ of [1, 2]) {
    const told: string[] = [];
    const list = await LeftOut.open({ file, tell: (line) => void told.push(line) });
    assert.equal(list.summary(), undefined);
    for (const entry of [...entries, ...entries]) await list.add(entry);
    assert.deepEqual(list.entries, entries);
    assert.equal(told.length, 3);
    assert.equal(told[1], "left out the recording 'b.wav': Whisper failed");
    assert.equal(
      list.summary(),
      `left out 2 recordings (1 on which Whisper failed) and 1 pictures; listed in ${file}`,
    );
    assert.deepEqual(await readJsonLines(file), entries);
  }
  await Deno.remove(folder, { recursive: true });
});
