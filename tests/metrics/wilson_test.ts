import assert from "node:assert/strict";
import { wilsonInterval } from "../../lib/metrics/wilson.ts";

Deno.test("the ends are the shares whose own normal test just allows what was seen", () => {
  const z = 1.959963984540054;
  for (const [hits, count] of [[1, 7], [5, 10], [13, 20], [499, 500]] as const) {
    const seen = hits / count, interval = wilsonInterval(seen, count);
    assert.ok(interval[0] < seen && seen < interval[1]);
    for (const end of interval) {
      const distance = Math.abs(seen - end) / Math.sqrt(end * (1 - end) / count);
      assert.ok(Math.abs(distance - z) < 1e-9, `${hits} of ${count}: ${distance}`);
    }
  }
});

Deno.test("no interval leaves 0 to 1, whatever rounding does, and none is known without rows", () => {
  for (let count = 1; count < 500; count++) {
    const [none, all] = [wilsonInterval(0, count), wilsonInterval(1, count)];
    assert.ok(none[0] >= 0 && all[1] <= 1, `${count} rows: ${none}, ${all}`);
    assert.ok(none[0] < 1e-15 && all[1] > 1 - 1e-15);
    assert.ok(none[1] > 0 && all[0] < 1);
  }
  assert.deepEqual(wilsonInterval(NaN, 0), [NaN, NaN]);
});
