import assert from "node:assert/strict";
import { fuzz, fuzzRuns } from "./fuzz_process.ts";

/** What is read, how often by default, and the most MB that it may take. */
const GROUPS = [
  { group: "datasets", what: "index files of data sets", runs: 400, most: 900 },
  { group: "models", what: "weights, configurations and tokenizers of CLIP", runs: 400, most: 900 },
  { group: "runs", what: "checkpoints, logs and results", runs: 300, most: 900 },
  { group: "hub", what: "answers of a hub and cached models", runs: 200, most: 700 },
  { group: "whisper", what: "folders of Whisper and stores of what it heard", runs: 60, most: 900 },
];

for (const { group, what, runs, most } of GROUPS) {
  Deno.test(`damaged ${what}: a valid result or one error that names the file`, async () => {
    const count = fuzzRuns(runs), each = count === runs ? [] : ["each"];
    const { outcomes, peak, slowest } = await fuzz(group, 20261122, count, each, "folder_child.ts");
    const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    if (count === runs) assert.equal(total, count);
    else console.log(JSON.stringify({ total, outcomes, peak, slowest }));
    for (const word of ["read", "refused"]) {
      assert.ok(Object.keys(outcomes).some((outcome) => outcome.endsWith(word)), `none was ${word}`);
    }
    assert.ok(peak < most, `${peak} MB`);
  });
}
