import assert from "node:assert/strict";
import {
  chiSquareTail,
  erfc,
  normalTails,
  shareInterval,
  studentReach,
  studentTails,
  wilsonInterval,
} from "../../lib/metrics/distributions.ts";

/** Of mpmath 1.3 with 40 digits. */
const ERFC: [x: number, value: number][] = [
  [0, 1.0],
  [1e-08, 9.9999998871620832904e-1],
  [0.1, 8.875370839817151016e-1],
  [0.5, 4.7950012218695346232e-1],
  [1, 1.5729920705028513066e-1],
  [1.5, 3.3894853524689272933e-2],
  [1.9999, 4.6798020929706083079e-3],
  [2, 4.6777349810472658379e-3],
  [2.5, 4.0695201744495893956e-4],
  [3, 2.2090496998585441373e-5],
  [4, 1.5417257900280018852e-8],
  [5, 1.5374597944280348502e-12],
  [6, 2.1519736712498913117e-17],
  [8, 1.122429717298292708e-29],
  [10, 2.088487583762544757e-45],
  [15, 7.2129941724512066666e-100],
  [20, 5.3958656116079009289e-176],
  [25, 8.300172571196522752e-274],
  [26.5, 2.2109076642637342759e-307],
  [-0.3, 1.3286267594591274162],
  [-1, 1.8427007929497148693],
  [-3, 1.9999779095030014146],
  [-6, 1.9999999999999999785],
];
/** The regularized upper incomplete gamma function of mpmath 1.3 with 40 digits. */
const TAILS: [statistic: number, degrees: number, p: number][] = [
  [1e-06, 1, 9.9920211557217787485e-1],
  [0.3, 1, 5.8388242077036517865e-1],
  [1, 1, 3.1731050786291410283e-1],
  [3.841458820694124, 1, 5.0000000000000057435e-2],
  [10, 1, 1.5654022580025496775e-3],
  [80, 1, 3.7440973842028987636e-19],
  [300, 1, 3.2943623833140411541e-67],
  [0.3, 2, 8.6070797642505781201e-1],
  [5, 2, 8.208499862389879517e-2],
  [80, 2, 4.2483542552915889953e-18],
  [1e-06, 3, 9.9999999973403855952e-1],
  [2.7, 3, 4.402272943602310535e-1],
  [25, 3, 1.5440498291101364902e-5],
  [100, 3, 1.5541594313896049214e-21],
  [5, 4, 2.8729749518364578309e-1],
  [80, 4, 1.7418252446695514881e-16],
  [12, 7, 1.0055886850835884234e-1],
  [250, 7, 2.7707117082472982892e-50],
  [1, 12, 9.9998583506267765751e-1],
  [25, 12, 1.4822874597441556855e-2],
  [500, 12, 2.2163399192195770861e-99],
  [30, 25, 2.2428900483440391398e-1],
  [900, 25, 9.0036865811019345102e-174],
];

Deno.test("erfc, the normal and the chi-square tails are mpmath's to 12 digits, far out too", () => {
  const close = (found: number, expected: number, what: string): void =>
    assert.ok(Math.abs(found / expected - 1) < 1e-12, `${what}: ${found}, expected ${expected}`);
  for (const [x, value] of ERFC) {
    close(erfc(x), value, `erfc(${x})`);
    if (x >= 0) close(normalTails(-x * Math.SQRT2), value, `normal tails of ${x}`);
  }
  for (const [statistic, degrees, p] of TAILS) close(chiSquareTail(statistic, degrees), p, `${statistic}, ${degrees}`);
  for (let degrees = 1; degrees <= 12; degrees++) assert.equal(chiSquareTail(0, degrees), 1);
  assert.equal(chiSquareTail(-1e-16, 1), 1, "a statistic that rounding made negative");
  assert.deepEqual([erfc(0), erfc(Infinity), erfc(-Infinity)], [1, 0, 2]);
});

Deno.test("the tail is never 0: values of Python's math.erfc, and an exponential's", () => {
  const close = (found: number, expected: number) => assert.ok(Math.abs(found / expected - 1) < 1e-10, `${found}`);
  close(chiSquareTail(80, 1), 3.7440973842028806e-19);
  close(chiSquareTail(100, 1), 1.5239706048320995e-23);
  close(chiSquareTail(80, 2), Math.exp(-40));
  close(chiSquareTail(80, 4), 41 * Math.exp(-40));
});

Deno.test("impossible degrees of freedom are refused", () => {
  for (const degrees of [0, 1.5, NaN]) assert.throws(() => chiSquareTail(1, degrees), /'degrees' must be/);
});

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

/** scipy.stats: 2 * t.sf(x, df) for x = 0.3, 2, 12, 60, and t.ppf(0.975, df). */
const STUDENT: [degrees: number, tails: [number, number, number, number], reach: number][] = [
  [1, [0.8144528418445154, 0.2951672353008665, 0.052929352119179755, 0.010609347265246543], 12.706204736174694],
  [2.5, [0.7873423714951973, 0.1573914957579659, 0.0028362150300783244, 5.15576115034685e-05], 3.5746548420036817],
  [5, [0.7762490422632745, 0.10193947882985835, 7.089492517161522e-05, 2.4336377589983804e-08], 2.5705818356363146],
  [23, [0.7668717999792896, 0.05744454899208276, 2.2101889236582475e-11, 8.875918438305803e-27], 2.0686576104190486],
  [5000, [0.7641896266694433, 0.04555425998829395, 9.966656426348314e-33, 0], 1.9604385517065073],
];

Deno.test("Student's t: tails and reach of scipy, whole and broken degrees, near 0 and far out", () => {
  for (const [degrees, tails, reach] of STUDENT) {
    [0.3, 2, 12, 60].forEach((t, i) => {
      const found = studentTails(t, degrees);
      assert.ok(Math.abs(found - tails[i]!) <= 1e-9 * tails[i]!, `${t}, ${degrees}: ${found}`);
      assert.equal(studentTails(-t, degrees), found);
    });
    assert.equal(studentTails(0, degrees), 1);
    assert.ok(Math.abs(studentReach(degrees) - reach) < 1e-8);
  }
  assert.ok(Math.abs(studentReach(1, 0.99) - 63.65674116287) < 1e-6, "beyond the first bracket");
  assert.ok(Math.abs(studentReach(Infinity, 0.9) - 1.6448536269514722) < 1e-9);
  assert.throws(() => studentTails(1, 0.5), /'degrees'/);
});

Deno.test("an interval of a share is symmetric in hits and misses and stays within 0 to 1", () => {
  for (const value of [0.001, 0.2, 0.5, 0.97]) {
    const [low, high] = shareInterval({ value, error: 0.1, degrees: 5 }, 6);
    const [from, to] = shareInterval({ value: 1 - value, error: 0.1, degrees: 5 }, 6);
    assert.ok(0 <= low && low < value && value < high && high <= 1);
    assert.ok(Math.abs(low - (1 - to)) < 1e-9 && Math.abs(high - (1 - from)) < 1e-9);
  }
  assert.deepEqual(shareInterval({ value: 1, error: 0, degrees: 5 }, 6), wilsonInterval(1, 6));
});
