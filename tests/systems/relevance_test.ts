import * as tf from "@tensorflow/tfjs-core";
import assert from "node:assert/strict";
import { type Clip, initializeClip } from "../../lib/clip/clip.ts";
import {
  createBrewClip,
  disposeBrewClip,
  encodeImages,
  encodeSpeech,
  type Speech,
} from "../../lib/systems/brewclip.ts";
import { relevanceOf, shownMap } from "../../lib/systems/relevance.ts";
import type { Variant } from "../../lib/systems/variants.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { tinyClipConfig } from "../training/tiny.ts";

await useBackend("cpu");
const WIDTH = 6;
const acoustic = { whisperWidth: WIDTH, promptLength: 2, heads: 2, feedforward: 24, dropout: 0.1 };
const [BOS, EOS] = [38, 39];

function pairOf(seed: string, windows = 1): { pixels: Float32Array; speech: Speech } {
  const random = new Random(seed);
  const frames = 7, length = 5;
  return {
    pixels: Float32Array.from({ length: 3 * 8 * 8 }, () => random.normal()),
    speech: {
      ids: Array.from({ length: windows }, (_, w) => [BOS, 3 + w, 20, 7, EOS, ...Array(11).fill(EOS)]),
      windows: [windows],
      states: tf.tensor3d(Float32Array.from({ length: frames * WIDTH }, () => random.normal()), [1, frames, WIDTH]),
      lengths: [length],
    },
  };
}

/** Similarity with what the last block of a tower looks at changed. */
async function similarity(
  model: Parameters<typeof encodeSpeech>[0],
  { pixels, speech }: { pixels: Float32Array; speech: Speech },
  change: { image?: (x: tf.Tensor) => tf.Tensor; text?: (x: tf.Tensor) => tf.Tensor },
): Promise<number> {
  const value = tf.tidy(() => {
    const image = encodeImages(model, [pixels], { activationHook: change.image });
    return tf.sum(tf.mul(image, encodeSpeech(model, speech, { activationHook: change.text }).speech));
  });
  const [number] = await value.data();
  value.dispose();
  return number as number;
}

/** Scales one position of one row of `[B, T, H]`. */
function turnedUp(row: number, place: number, by: number): (x: tf.Tensor) => tf.Tensor {
  return (x) => {
    const [rows, places] = x.shape as [number, number];
    const scale = new Float32Array(rows * places).fill(1);
    scale[row * places + place] = by;
    return tf.mul(x, tf.tensor3d(scale, [rows, places, 1]));
  };
}

for (
  const [label, windows] of [["full", 1], ["full", 2], ["full, own prompts and gate", 1], ["pip", 1], ["e2e", 1], [
    "pip-zero-shot",
    1,
  ]] as const
) {
  Deno.test(`relevance is the slope of the similarity as a position is scaled up: ${label}, ${windows} windows`, async () => {
    const clip = initializeClip(tinyClipConfig, 4);
    const variant = label.split(",")[0] as Variant;
    const own = label === variant ? {} : { prompts: "separate" as const, fusion: "gated" as const };
    const model = createBrewClip(variant, clip, { ...acoustic, ...own }, 2);
    const pair = pairOf("slope", windows);
    const before = tf.memory().numTensors;
    const found = await relevanceOf(model, pair);
    assert.equal(tf.memory().numTensors, before, "leaked tensors");
    assert.ok(Math.abs(found.similarity - await similarity(model, pair, {})) < 1e-6);

    const step = 0.02;
    const slope = async (change: (by: number) => Promise<number>) =>
      (await change(1 + step) - await change(1 - step)) / (2 * step);
    const close = (actual: number, expected: number, what: string) =>
      assert.ok(Math.abs(actual - expected) < 2e-4 + 0.01 * Math.abs(expected), `${what}: ${actual}, is ${expected}`);

    const m = variant === "pip-zero-shot" ? 0 : 2;
    const { patches, start, prompts, grid } = found.image;
    assert.deepEqual([grid, patches.length, prompts.length], [2, 4, m]);
    for (const [place, value] of [start, ...patches, ...prompts].entries()) {
      const expected = await slope((by) => similarity(model, pair, { image: turnedUp(0, place, by) }));
      close(value, expected, `position ${place} of the image`);
    }
    assert.ok(Math.max(...patches.map(Math.abs)) > 1e-3, "something counts");

    assert.equal(found.text?.length, variant === "e2e" ? undefined : windows);
    for (const [row, text] of (found.text ?? []).entries()) {
      assert.deepEqual([text.tokens.length, text.prompts.length], [3, m]);
      for (const [place, value] of [text.start, ...text.prompts, ...text.tokens, text.end].entries()) {
        const expected = await slope((by) => similarity(model, pair, { text: turnedUp(row, place, by) }));
        close(value, expected, `window ${row}, place ${place}`);
      }
    }

    assert.equal(found.frames?.length, variant === "full" || variant === "e2e" ? 5 : undefined);
    for (const [frame, value] of (found.frames ?? []).entries()) {
      const expected = await slope(async (by) => {
        const states = tf.tidy(() => turnedUp(0, frame, by)(pair.speech.states!) as tf.Tensor3D);
        const changed = await similarity(model, { ...pair, speech: { ...pair.speech, states } }, {});
        states.dispose();
        return changed;
      });
      close(value, expected, `frame ${frame}`);
    }
    pair.speech.states?.dispose();
    disposeBrewClip(model);
    clip.dispose();
  });
}

/** A model with uniform attention, whose image feature is the mean of the patches. */
function evenClip(): Clip {
  const clip = initializeClip({ ...tinyClipConfig, vision: { ...tinyClipConfig.vision, layers: 1 } }, 6);
  for (const [name, weight] of clip.weights) {
    // No queries: attention is uniform, and the gradient comes through the values alone.
    const zero = /vision_model.*(q_proj|mlp|position_embedding|class_embedding)/.test(name);
    if (zero) tf.tidy(() => (weight as tf.Variable).assign(tf.zerosLike(weight)));
  }
  return clip;
}

Deno.test("where one patch alone holds something, the map has its maximum there", async () => {
  const clip = evenClip();
  const model = createBrewClip("pip-zero-shot", clip, acoustic, 1);
  const random = new Random("planted");
  for (const planted of [0, 1, 2, 3]) {
    const pixels = new Float32Array(3 * 8 * 8);
    const [top, left] = [4 * Math.floor(planted / 2), 4 * (planted % 2)];
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 4; x++) pixels[(c * 8 + top + y) * 8 + left + x] = random.normal();
      }
    }
    const { image } = await relevanceOf(model, { pixels, speech: pairOf("planted").speech });
    const most = image.patches.map(Math.abs);
    assert.equal(most.indexOf(Math.max(...most)), planted);
    // The other patches are all zero, so they have no relevance after normalization.
    most.forEach((value, patch) => assert.ok(patch === planted || value < 1e-6 * most[planted]!, `${patch}: ${value}`));
  }
  disposeBrewClip(model);
  clip.dispose();
});

Deno.test("a shown map has no negative values and its maximum at 1", () => {
  assert.deepEqual(shownMap([2, -1, 0.5]), [1, 0, 0.25]);
  assert.deepEqual(shownMap([-2, -1]), [0, 0]);
  assert.deepEqual(shownMap([]), []);
});
