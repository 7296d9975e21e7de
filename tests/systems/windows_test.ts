import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { textCapacity, textWindows } from "../../lib/clip/tokenizer.ts";
import { encodeText } from "../../lib/clip/text_tower.ts";
import { createBrewClip, disposeBrewClip, encodeSpeech, meanOfWindows } from "../../lib/systems/brewclip.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { initializeClip } from "../../lib/clip/clip.ts";
import { tinyClipConfig } from "../training/tiny.ts";

await useBackend("wasm");
const clip = initializeClip(tinyClipConfig, 3);
const { positions, bos, eos } = tinyClipConfig.text;
const acoustic = { whisperWidth: 6, promptLength: 4, heads: 2, feedforward: 24, dropout: 0 };
const random = new Random(7);
const row = (tokens: readonly number[]): number[] =>
  [bos, ...tokens, eos, ...Array(positions).fill(eos)].slice(0, positions);
const text = (length: number): number[] => Array.from({ length }, () => 1 + random.integer(30));

/** Three texts of one, several and one window, next to a number of prompts. */
function texts(prompts: number): { whole: number[][]; rows: number[][][] } {
  const whole = [text(5), text(40), text(textCapacity(positions, prompts))];
  const rows = whole.map((tokens) => textWindows(tokens, { capacity: textCapacity(positions, prompts) }).map(row));
  assert.deepEqual(rows.map(({ length }) => length), [1, rows[1]!.length, 1]);
  assert.ok(rows[1]!.length > 2);
  return { whole, rows };
}

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, within: number): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) < within, `${i}: ${actual[i]}, expected ${expected[i]}`);
  }
};

for (const variant of ["pip-zero-shot", "pip"] as const) {
  Deno.test(`'${variant}' reads a long text as the mean of its windows, each encoded alone, and leaks nothing`, async () => {
    const before = tf.memory().numTensors;
    const model = createBrewClip(variant, clip, acoustic, 1);
    const prompts = model.parameters.get("prompts.text");
    const { rows } = texts(prompts === undefined ? 0 : 4);
    const { text, speech } = encodeSpeech(model, { ids: rows.flat(), windows: rows.map(({ length }) => length) });
    assert.deepEqual(text!.shape, [3, 12]);
    const actual = await text!.array();
    for (const [i, windows] of rows.entries()) {
      const mean = new Float64Array(12);
      for (const window of windows) {
        const alone = encodeText(clip, [window], prompts);
        (await alone.data()).forEach((value, d) => mean[d] = mean[d]! + value / windows.length);
        alone.dispose();
      }
      near(actual[i]!, mean, 2e-6);
    }
    tf.dispose([text!, speech]);
    disposeBrewClip(model);
    assert.equal(tf.memory().numTensors, before);
  });
}

Deno.test("every token of a long text counts in windows, and those past the positions do not where it is cut", async () => {
  const model = createBrewClip("pip", clip, acoustic, 1);
  const feature = async (tokens: number[], mode: "windows" | "truncate"): Promise<Float32Array> => {
    const rows = mode === "truncate"
      ? [row(tokens)]
      : textWindows(tokens, { capacity: textCapacity(positions, 4) }).map(row);
    const { text, speech } = encodeSpeech(model, { ids: rows, windows: [rows.length] });
    const values = Float32Array.from(await text!.data());
    tf.dispose([text!, speech]);
    return values;
  };
  const tokens = text(30);
  for (const place of [0, 9, 10, 15, 29]) {
    const changed = tokens.with(place, tokens[place]! === 3 ? 4 : 3);
    for (const mode of ["windows", "truncate"] as const) {
      const [one, other] = [await feature(tokens, mode), await feature(changed, mode)];
      const same = one.every((value, d) => value === other[d]);
      assert.equal(same, mode === "truncate" && place >= textCapacity(positions, 4), `${mode}, place ${place}`);
    }
  }
  for (const length of [0, 3, textCapacity(positions, 4)]) {
    const fits = text(length);
    assert.deepEqual(await feature(fits, "windows"), await feature(fits, "truncate"), `${length} tokens`);
  }
  disposeBrewClip(model);
});

Deno.test("prompts learn through the mean: the gradient is the sum of the windows' own, each weighed", async () => {
  const model = createBrewClip("pip", clip, acoustic, 1);
  const prompts = model.parameters.get("prompts.text")!;
  const { rows } = texts(4);
  const slopes = rows.map(() => Float32Array.from({ length: 12 }, () => random.normal()));
  const gradient = (f: () => tf.Tensor): tf.Tensor => {
    const { value, grads } = tf.variableGrads(() => tf.sum(f()) as tf.Scalar, [prompts]);
    value.dispose();
    return grads[prompts.name]!;
  };
  const windows = rows.map(({ length }) => length);
  const actual = gradient(() =>
    tf.mul(meanOfWindows(encodeText(clip, rows.flat(), prompts), windows), tf.tensor2d(slopes.map((s) => [...s])))
  );
  const expected = new Float64Array(actual.size);
  for (const [i, own] of rows.entries()) {
    for (const window of own) {
      const alone = gradient(() => tf.mul(encodeText(clip, [window], prompts), tf.tensor2d([[...slopes[i]!]])));
      (await alone.data()).forEach((value, j) => expected[j] = expected[j]! + value / own.length);
      alone.dispose();
    }
  }
  near(await actual.data(), expected, 1e-5 * Math.max(...expected.map(Math.abs)));
  actual.dispose();
  disposeBrewClip(model);
});

Deno.test("windows that are not the rows are refused; one row each is passed on as it is", () => {
  const features = tf.ones([4, 3]) as tf.Tensor2D;
  for (const windows of [[1, 2], [5], [0, 4], [1.5, 2.5], []]) {
    assert.throws(() => meanOfWindows(features, windows), /Cannot average 4 rows/);
  }
  assert.equal(meanOfWindows(features), features);
  assert.equal(meanOfWindows(features, [1, 1, 1, 1]), features);
  features.dispose();
});
