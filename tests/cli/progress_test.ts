import assert from "node:assert/strict";
import { startProgress } from "../../lib/cli/progress.ts";
import { formatSeconds } from "../../lib/experiments/report.ts";

Deno.test("a log gets a line every few seconds with rate and remaining time, and the last one", () => {
  const lines: string[] = [];
  let clock = 100;
  const options = {
    unit: "step",
    terminal: false,
    every: 5,
    write: (line: string) => lines.push(line),
    now: () => clock,
  };
  const shown = startProgress("train", 100, options);
  for (let step = 1; step <= 30; step++) {
    clock += 0.5;
    shown.update(step, `loss ${step}`);
  }
  shown.stop();
  shown.stop();
  assert.deepEqual(lines, [
    "train  10/100  10 %  2.0 steps/s  45 s left  loss 10",
    "train  20/100  20 %  2.0 steps/s  40 s left  loss 20",
    "train  30/100  30 %  2.0 steps/s  35 s left  loss 30",
  ]);
});

Deno.test("the rate of a resumed job counts its own units only", () => {
  const lines: string[] = [];
  let clock = 0;
  const options = {
    unit: "step",
    first: 50,
    terminal: false,
    write: (line: string) => lines.push(line),
    now: () => clock,
  };
  const shown = startProgress("train", 100, options);
  clock = 10;
  shown.update(60);
  assert.deepEqual(lines, ["train  60/100  60 %  1.0 steps/s  40 s left"]);
});

Deno.test("times read as a person says them", () => {
  assert.deepEqual([0.4, 59.4, 61, 3599, 7500].map(formatSeconds), [
    "0 s",
    "59 s",
    "1 min 1 s",
    "59 min 59 s",
    "2 h 5 min",
  ]);
});

Deno.test("bytes are shown as megabytes", () => {
  const lines: string[] = [];
  let clock = 0;
  const write = (line: string): void => void lines.push(line);
  const shown = startProgress("model", 1_710_540_580, {
    unit: "byte",
    first: 1e9,
    terminal: false,
    write,
    now: () => clock,
  });
  clock = 10;
  shown.update(1.25e9, "model.safetensors");
  assert.deepEqual(lines, ["model  1250.0/1710.5 MB  73 %  25.0 MB/s  18 s left  model.safetensors"]);
});
