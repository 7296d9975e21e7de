/** The values in figures, against the results that they are made of. */
import assert from "node:assert/strict";
import type { TrialResult } from "../../lib/experiments/results.ts";
import { BREWCLIP_VARIANTS } from "../../lib/systems/variants.ts";
import { originOf } from "../../lib/report/collect/origin.ts";
import { ablateFigure, compareDifferencesFigure } from "../../lib/report/figures/differences.ts";
import { crossFigure, retrievalBarsFigure, zeroShotFigure } from "../../lib/report/figures/recall.ts";
import type { Figure, PlotlyTrace } from "../../lib/report/figures/figure.ts";
import { serBarsFigure, serConfusionFigure } from "../../lib/report/figures/ser.ts";
import { toneFigure } from "../../lib/report/figures/tone.ts";
import { trainingCurvesFigure } from "../../lib/report/figures/training_curves.ts";
import { errorBars, signed, wrapped } from "../../lib/report/figures/captions.ts";
import { werFigure } from "../../lib/report/figures/word_errors.ts";
import { ALL_VARIANTS, curveOf, serOf, THREE_SETS, toneOf, trials, werOf } from "./hand_made.ts";

type Bars = { array: number[]; arrayminus: number[]; symmetric: boolean };
const numbers = (trace: PlotlyTrace, field: string) => trace[field] as number[];
const close = (a: number, b: number, text = "") => assert.ok(Math.abs(a - b) < 1e-9, `${text} ${a} is not ${b}`);

/** Mean over seeds of the share of ranks up to k, in percent; counted anew. */
function recall(result: TrialResult, name: string, test: string, way: "speech2image" | "image2speech", k: number) {
  const rows = result.rows.filter((row) => row.name === name && row.test === test);
  const shares = rows.map(({ ranks }) => 100 * ranks[way].filter((rank) => rank <= k).length / ranks[way].length);
  return shares.reduce((a, b) => a + b, 0) / shares.length;
}

Deno.test("bars of recall are the means over seeds, by variant, set and way, with the interval around them", () => {
  const result = trials(ALL_VARIANTS, THREE_SETS);
  const figure = retrievalBarsFigure(result);
  assert.equal(figure.data.length, 3 * 2 * 6);
  figure.data.forEach((trace, i) => {
    const [set, way, model] = [Math.floor(i / 12), Math.floor(i / 6) % 2, i % 6];
    const { name } = ALL_VARIANTS[model]!, { dataset } = THREE_SETS[set]!;
    [1, 5, 10].forEach((k, at) => {
      const expected = recall(result, name, dataset, way === 0 ? "speech2image" : "image2speech", k);
      close(numbers(trace, "y")[at]!, expected, `${name} ${dataset} R@${k}`);
    });
    const { array, arrayminus, symmetric } = trace["error_y"] as Bars;
    assert.equal(symmetric, false);
    assert.ok([...array, ...arrayminus].every((reach) => reach >= 0 && reach <= 100));
  });
  const own = figure.data[0]!, [row] = result.rows;
  const { array, arrayminus } = own["error_y"] as Bars;
  ([["R@1", 0], ["R@5", 1], ["R@10", 2]] as const).forEach(([k, at]) => {
    const [low, high] = row!.intervals.speech2image[k];
    close(numbers(own, "y")[at]! - arrayminus[at]!, low);
    close(numbers(own, "y")[at]! + array[at]!, high);
  });
  const [one, two] = THREE_SETS.slice(0, 2).map((set) => trials(ALL_VARIANTS, [set]));
  assert.equal(retrievalBarsFigure(one!, two!).data.length, 2 * 2 * 6, "several results stand below each other");
});

Deno.test("a variant that a set lacks leaves its position empty", () => {
  const [first, second] = [trials(ALL_VARIANTS, [THREE_SETS[0]!]), trials(ALL_VARIANTS.slice(0, 1), [THREE_SETS[2]!])];
  const { data } = retrievalBarsFigure(first, second);
  const missing = data.filter((trace) => numbers(trace, "y").every((value) => value === null));
  assert.equal(missing.length, 2 * 5);
});

Deno.test("differences and their intervals are those of the comparisons, with the right signs", () => {
  const result = trials(ALL_VARIANTS.slice(1, 4), [THREE_SETS[2]!]);
  for (const figure of [compareDifferencesFigure(result), ablateFigure(result)]) {
    assert.equal(figure.data.length, 6);
    figure.data.forEach((trace, i) => {
      const way = i < 3 ? "speech2image" : "image2speech", k = (["R@1", "R@5", "R@10"] as const)[i % 3]!;
      const { array, arrayminus } = trace["error_x"] as Bars;
      result.comparisons.forEach(({ differences }, row) => {
        const { points, interval: [low, high] } = differences[way][k];
        close(numbers(trace, "x")[row]!, points);
        close(numbers(trace, "x")[row]! + array[row]!, Math.max(high, points));
        close(numbers(trace, "x")[row]! - arrayminus[row]!, Math.min(low, points));
      });
    });
    const [low, high] = (figure.layout["xaxis"] as { range: number[] }).range as [number, number];
    assert.ok(low < 0 && high > 0, "the line of no difference is in sight");
  }
});

Deno.test("zero-shot: transcripts and captions of each set, and what the captions gain", () => {
  const result = trials(ALL_VARIANTS.slice(0, 2), THREE_SETS);
  const figure = zeroShotFigure({
    ...result,
    comparisons: result.comparisons.map((comparison) => comparison),
  });
  assert.equal(figure.data.length, 4);
  figure.data.forEach((trace, i) =>
    THREE_SETS.forEach(({ dataset }, set) =>
      [1, 5, 10].forEach((k, at) =>
        close(
          numbers(trace, "x")[3 * set + at]!,
          recall(result, ALL_VARIANTS[i % 2]!.name, dataset, i < 2 ? "speech2image" : "image2speech", k),
        )
      )
    )
  );
  const texts = (figure.layout["annotations"] as { text: string }[]).map(({ text }) => text);
  const gain = result.comparisons[0]!.differences.speech2image["R@1"].points;
  assert.equal(texts[2], signed(gain));
  assert.equal(texts.length, 2 + 18);
});

Deno.test("the cross table is a row a training set, both ways", () => {
  const models = THREE_SETS.map(({ dataset }) => ({ name: dataset, variant: "full" as const, seeds: [1] }));
  const result = trials(models, THREE_SETS);
  const figure = crossFigure(result);
  figure.data.forEach((trace, way) =>
    THREE_SETS.forEach(({ dataset: trained }, row) =>
      THREE_SETS.forEach(({ dataset: tested }, column) =>
        close(
          (trace["z"] as number[][])[row]![column]!,
          recall(result, trained, tested, way === 0 ? "speech2image" : "image2speech", 5),
        )
      )
    )
  );
  type Frame = { xref: string; x0: number; x1: number; y0: number; y1: number };
  const framed = ({ layout }: Figure) =>
    (layout["shapes"] as Frame[]).map(({ xref, x0, x1, y0, y1 }) => [xref, (x0 + x1) / 2, (y0 + y1) / 2]);
  const diagonal = ["x", "x2"].flatMap((axis) => [0, 1, 2].map((place) => [axis, place, place]));
  assert.deepEqual(framed(figure), diagonal);
  // Runs by their own names: the frame follows from what the others are held against.
  const called = (name: string) => `runs/${name}`;
  const named = {
    ...result,
    rows: result.rows.map((row) => ({ ...row, name: called(row.name) })),
    comparisons: result.comparisons.map((one) => ({ ...one, name: "other", against: called(one.test) })),
  };
  assert.deepEqual(framed(crossFigure(named)), diagonal);
});

Deno.test("curves are the logs, or the means of equal parts of them; dev has a panel if it was logged", () => {
  const origin = originOf("ln-coco", "data/sample/coco");
  const short = trainingCurvesFigure([curveOf("a", "full", 1, 90)], origin);
  assert.equal(short.columns, 1);
  assert.deepEqual(short.data.map(({ y }) => y), [curveOf("a", "full", 1, 90).loss]);
  const curves = [curveOf("a", "full", 1, 300, [100, 200]), curveOf("b", "pip", 1, 300)];
  const long = trainingCurvesFigure(curves, origin);
  assert.equal(long.columns, 2);
  assert.deepEqual(long.data.map(({ name, xaxis }) => [name, xaxis]), [
    ["PIP-only", "x"],
    ["BrewCLIP", "x"],
    ["BrewCLIP", "x2"],
  ]);
  const { loss } = curves[0]!;
  assert.equal(numbers(long.data[1]!, "y").length, 100);
  close(numbers(long.data[1]!, "y")[7]!, (loss[21]! + loss[22]! + loss[23]!) / 3);
  close(numbers(long.data[1]!, "x")[7]!, 23);
  assert.deepEqual(long.data[2]!["y"], curves[0]!.dev);
  const names = trainingCurvesFigure([curveOf("first", "full", 1, 9), curveOf("second", "full", 1, 9)], origin);
  assert.deepEqual(names.data.map(({ name }) => name), ["first", "second"], "runs that differ in neither are named");
});

Deno.test("word errors: curve, band, bins at the mean of their rates, a stroke a recording", () => {
  const wer = [0, 0, 0, 0.1, 0.1, 0.25, 0.4, 0.45, 0.8, 1.2], hit = [1, 1, 0, 1, 1, 0, 1, 0, 0, 0];
  const finding = werOf({ wer, hit }, ["raw"]);
  const { data, columns } = werFigure(finding);
  assert.equal(columns, 1);
  const [band, curve, bins, found, missed] = data as [PlotlyTrace, PlotlyTrace, PlotlyTrace, PlotlyTrace, PlotlyTrace];
  const [only] = finding.result.findings;
  const { fit } = only!.regression as { fit: { coefficients: { estimate: number }[] } };
  const [intercept, slope] = fit.coefficients.map(({ estimate }) => estimate) as [number, number];
  numbers(curve, "x").forEach((rate, i) =>
    assert.ok(Math.abs(numbers(curve, "y")[i]! - 100 / (1 + Math.exp(-(intercept + slope * rate / 100)))) < 1e-6)
  );
  const half = numbers(band, "y").length / 2;
  numbers(curve, "y").forEach((value, i) => {
    assert.ok(numbers(band, "y")[i]! >= value && value >= numbers(band, "y")[2 * half - 1 - i]!);
  });
  assert.deepEqual(numbers(bins, "x").map((rate) => Math.round(10 * rate) / 10), [0, 10, 25, 42.5, 80, 120]);
  numbers(bins, "y").forEach((share, i) => close(share, [200 / 3, 100, 0, 50, 0, 0][i]!));
  const far = werFigure(werOf({ wer: [...wer, 30], hit: [...hit, 0] }, ["raw"]));
  assert.match(far.caption, /Outside the figure, above 200 %: Words as they are: 1 recording\.$/);
  assert.ok(Math.max(...numbers(far.data[1]!, "x")) < 210, "the curve is as fine within the figure");
  assert.equal(numbers(found, "x").length, 5);
  assert.deepEqual(numbers(missed, "x").map(Math.round), [0, 25, 45, 80, 120]);
});

Deno.test("emotions: accuracy with intervals, baselines first; matrices in percent of each actual emotion", () => {
  const finding = serOf(["angry", "happy", "sad"], [
    { system: "probe", encoder: "full", protocol: "split", seed: null },
    { system: "fine-tuned", encoder: "full", protocol: "split", seed: 1 },
    { system: "fine-tuned", encoder: "full", protocol: "split", seed: 2 },
    { system: "majority", encoder: null, protocol: "split", seed: null },
    { system: "log-mel", encoder: null, protocol: "speakers-out", seed: null },
  ]);
  const bars = serBarsFigure(finding);
  const axis = bars.layout["yaxis"] as { ticktext: string[] };
  assert.deepEqual(axis.ticktext, [
    "Majority emotion",
    "BrewCLIP, probe",
    "BrewCLIP, fine-tuned",
    "Log-mel statistics",
  ]);
  const [accuracy, average] = bars.data as [PlotlyTrace, PlotlyTrace];
  [40, 25, 32.5].forEach((value, i) => close(numbers(accuracy, "x")[i]!, value));
  assert.equal(numbers(accuracy, "x")[3], null);
  // From the predictions: two speakers of whom each has one of three clips right, Wilson's interval of 1/3 of 2.
  const { arrayminus, array } = accuracy["error_x"] as Bars;
  assert.ok(
    Math.abs(25 - arrayminus[1]! - 4.5) < 0.1 && Math.abs(25 + array[1]! - 84.07) < 0.2,
    `${arrayminus} ${array}`,
  );
  close(numbers(average, "x")[1]!, 20);
  const matrices = serConfusionFigure(finding);
  assert.equal(matrices.data.length, 3, "the majority has no matrix");
  assert.deepEqual(matrices.data[0]!["z"], [[100, 0, 0], [25, 75, 0], [25, 0, 75]]);
});

Deno.test("twins: means over seeds, chance as a line", () => {
  const figure = toneFigure(toneOf(["pip", "full"], [1, 3]));
  assert.deepEqual(figure.data.map(({ y }) => y), [[2, 7, 12], [22, 27, 32], [3, 8, 13], [23, 28, 33]]);
  const { array, arrayminus } = figure.data[0]!["error_y"] as Bars;
  assert.deepEqual(
    [array, arrayminus],
    [[0, 0, 0], [0, 0, 0]],
    "several seeds without single answers have no interval",
  );
  assert.ok((figure.layout["shapes"] as { y0: number }[]).every(({ y0 }) => y0 === 25));
});

Deno.test("figures are plain JSON, and say data, split, counts and seeds", () => {
  const result = trials(ALL_VARIANTS, THREE_SETS);
  const wer = werOf({ wer: [0, 0.1, 0.2, 0.3], hit: [1, 0, 1, 0] }, ["raw", "english"]);
  const ser = serOf(["angry", "sad"], [{ system: "fine-tuned", encoder: "pip", protocol: "split", seed: 4 }]);
  const checks: [Figure, string[]][] = [
    [retrievalBarsFigure(result), ["LN-COCO (bundled sample)", "test split", "12 recordings", "seeds 1, 2"]],
    [compareDifferencesFigure(result), ["Flickr8k", "12 images", "seeds 1, 2"]],
    [zeroShotFigure(result), ["SpokenCOCO", "12 images", "Nothing is trained"]],
    [crossFigure(result), ["LN-COCO", "seeds 1, 2"]],
    [ablateFigure(result), ["LN-COCO", "seeds 1, 2"]],
    [trainingCurvesFigure([curveOf("a", "full", 3, 9)], originOf("flickr8k", "/data/f")), [
      "Flickr8k (published",
      "Seed 3",
    ]],
    [werFigure(wer), ["LN-COCO (bundled sample)", "test split", "4 recordings", "20 images", "seed 1"]],
    [serBarsFigure(ser), ["RAVDESS", "2 speakers", "seed 4"]],
    [serConfusionFigure(ser), ["RAVDESS", "4 of 4 clips", "seed 4"]],
    [toneFigure(toneOf(["full"], [2])), ["tone benchmark (bundled sample)", "40 groups", "Seed 2"]],
  ];
  for (const [figure, words] of checks) {
    assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure, `${figure.name} is plain JSON`);
    for (const word of words) assert.ok(figure.caption.includes(word), `'${word}' in: ${figure.caption}`);
    assert.match(figure.name, /^[a-z_]+$/);
    assert.ok(figure.alt.length > 40 && figure.title.length > 10);
    assert.doesNotMatch(`${figure.caption} ${figure.alt}`, /NaN|undefined|null|\. \.| {2}/);
  }
  assert.throws(() => retrievalBarsFigure(), RangeError);
  assert.throws(() => compareDifferencesFigure({ ...result, comparisons: [] }), RangeError);
});

Deno.test("values: missing intervals, signs, wrapped names", () => {
  const { array, arrayminus } = errorBars([{ value: 5, interval: [4, NaN] }, { value: 1 }, undefined]) as Bars;
  assert.deepEqual([array, arrayminus], [[0, 0, 0], [1, 0, 0]]);
  assert.deepEqual([3.25, -0.04, -7].map(signed), ["+3.3", "0.0", "−7.0"]);
  assert.equal(wrapped("one two three", 7), "one two<br>three");
  assert.equal(wrapped("abcdefghij k &", 4), "abcd<br>efgh<br>ij k<br>&amp;");
  assert.equal(Object.keys(BREWCLIP_VARIANTS).length, ALL_VARIANTS.length);
});
