/** The comparison itself: its arithmetic, and a case as a real process. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { readJson } from "../../lib/files/read.ts";
import { command } from "../cli/run.ts";
import { alike, type CaseResult, caseResult, linesOf, median, type SideResult } from "./bench_results.ts";

const side = (name: string, seconds: number, cpu: number, equal: boolean | null): SideResult => ({
  side: name,
  seconds,
  cpu,
  peak: null,
  runs: [seconds],
  equal,
});

Deno.test("medians, ratios and what counts as equal", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(alike([1000, 0.5], [1000.9, 0.5009]));
  assert.ok(!alike([1], [1.01]) && !alike([1], [1, 1]) && !alike([1], [NaN]));
  const result = caseResult("x", "what", [side("ours", 1, 3, null), side("python", 4, 6, false)]);
  assert.deepEqual(result.ratios, { python: { seconds: 0.25, cpu: 0.5 } });
  assert.match(linesOf(result).join("\n"), /OTHER RESULTS, ours \/ python = 0.250 \(processors 0.500\)/);
  const products = { count: 3, operations: 5e10, seconds: 0.6, floor: 0.5 };
  const profiled = linesOf({
    ...result,
    profile: { kernels: [{ kernel: "linear", calls: 2, seconds: 0.01 }], products },
  });
  assert.match(profiled.at(-2)!, /3 plain products .* 0.500 s, 100 GFLOP\/s; .* 2.00 times the floor/);
  assert.match(profiled.at(-1)!, /10.0 ms {2}linear x 2/);
});

Deno.test("a case runs on all sides, which compute the same, and is written as JSON", async () => {
  const out = join("runs", "bench", `test-${crypto.randomUUID()}.json`);
  try {
    const args = ["--cases", "product", "--repeats", "1", "--out", out];
    const { code, stderr } = await command(args, { permissions: "bench", script: "tests/bench/bench.ts" }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { results } = await readJson(out) as { results: CaseResult[] };
    assert.deepEqual(results.map((result) => result.case), ["product"]);
    const [ours, ...others] = results[0]!.sides;
    assert.equal(ours!.side, "ours");
    assert.deepEqual(others.slice(0, 2).map(({ side }) => side), ["no-blas", "stock"]);
    for (const { side, equal, seconds } of others) {
      assert.equal(equal, true, side);
      assert.ok(Math.abs(results[0]!.ratios[side]!.seconds * seconds / ours!.seconds - 1) < 1e-9, side);
    }
  } finally {
    await Deno.remove(out).catch(() => {});
  }
});
