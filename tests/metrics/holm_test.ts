import assert from "node:assert/strict";
import { holm } from "../../lib/metrics/holm.ts";
import { Random } from "../../lib/random.ts";

Deno.test("Holm: values of R's p.adjust, in any order, without those that are unknown", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(10))), [0.03, 0.06, 0.06, 0.02]);
  assert.deepEqual(holm([0.6, NaN, 0.5]), [1, NaN, 1]);
  assert.deepEqual([holm([]), holm([0.2])], [[], [0.2]]);
});

Deno.test("in families without any effect, one false finding in twenty; uncorrected it would be one in two", () => {
  const random = new Random(6), families = 4000;
  let [corrected, uncorrected] = [0, 0];
  for (let family = 0; family < families; family++) {
    const values = Array.from({ length: 15 }, () => random.next());
    if (Math.min(...holm(values)) < 0.05) corrected++;
    if (Math.min(...values) < 0.05) uncorrected++;
  }
  assert.ok(corrected / families > 0.035 && corrected / families < 0.06, `${corrected}`);
  assert.ok(uncorrected / families > 0.5);
});
