import assert from "node:assert/strict";
import { fuzz, fuzzRuns } from "./fuzz_process.ts";

Deno.test("damaged index files of data sets give whole pairs inside their folder, or one clear error", async () => {
  const runs = fuzzRuns(400);
  const { outcomes, peak } = await fuzz("datasets", 20261122, runs, [], "folder_child.ts");
  assert.equal(Object.values(outcomes).reduce((sum, count) => sum + count, 0), runs);
  assert.ok(peak < 600, `${peak} MB`);
});
