/** FaST-VGS's second stage: layers in which speech and image attend to each other, and the score of a match. */
import * as tf from "@tensorflow/tfjs-core";
import { embedding, gelu } from "../runtime/operations.ts";
import { roomLeft } from "../runtime/wasm/heap.ts";
import {
  applyLinear,
  applyNorm,
  attend,
  type Drop,
  dropper,
  feedForward,
  linearShapes,
  normShapes,
  seeded,
} from "./encoder_layer.ts";

/** Sizes of the layers. */
export interface CrossSizes {
  width: number;
  heads: number;
  feedforward: number;
  crossLayers: number;
}

/** Speech and image of P pairs, each behind a class token. */
export interface Sequences {
  /** `[P, T, d]` */
  speech: tf.Tensor;
  /** `[P]`, int32: how many positions of the speech count, the class token included. */
  lengths: tf.Tensor1D;
  /** `[P, N, d]` */
  image: tf.Tensor;
}

type Parameters = ReadonlyMap<string, tf.Tensor>;

/** Shapes of the parameters of {@link matchScores} by name. */
export function crossShapes({ width, feedforward, crossLayers }: CrossSizes): Map<string, number[]> {
  const side = (name: string): [string, number[]][] => [
    ...linearShapes(`${name}.attn.in`, 3 * width, width),
    ...linearShapes(`${name}.fc1`, feedforward, width),
    ...linearShapes(`${name}.fc2`, width, feedforward),
    ...normShapes(`${name}.norm`, width),
  ];
  return new Map([
    ...Array.from({ length: crossLayers }, (_, i): [string, number[]][] => [
      ...linearShapes(`cross.${i}.attn.in`, 3 * width, width),
      ...linearShapes(`cross.${i}.attn.out`, width, width),
      ...normShapes(`cross.${i}.norm`, width),
      ...side(`cross.${i}.audio`),
      ...side(`cross.${i}.image`),
    ]).flat(),
    ...linearShapes("match1", width, 2 * width),
    ...linearShapes("match2", 1, width),
  ]);
}

/**
 * The score of each pair. In every layer each side asks the other through one common set of weights, then itself without an
 * output map, residual connection or norm (as in the published code), then comes a feed-forward part. The class tokens of
 * the last layer are joined and mapped to one number.
 *
 * @returns `[P]`
 */
export function matchScores(parameters: Parameters, sizes: CrossSizes, pairs: Sequences, dropout?: Drop): tf.Tensor1D {
  const { heads, crossLayers } = sizes;
  const { lengths } = pairs;
  return tf.tidy(() => {
    let [speech, image] = [pairs.speech, pairs.image];
    for (let i = 0; i < crossLayers; i++) {
      const name = `cross.${i}`;
      const drop = dropper(dropout, name);
      const ask = (asking: tf.Tensor, asked: tf.Tensor, side: string, lengths?: tf.Tensor1D) => {
        const attended = attend(parameters, `${name}.attn`, asking, asked, {
          heads,
          lengths,
          drop: seeded(dropout, `${name}:${side}:cross`),
        });
        const out = drop(applyLinear(parameters, `${name}.attn.out`, attended), `${side}:attention`);
        return applyNorm(parameters, `${name}.norm`, tf.add(asking, out));
      };
      const own = (x: tf.Tensor, side: string, lengths?: tf.Tensor1D) => {
        const part = `${name}.${side}`;
        // Of the last layer only the class token is read.
        const asking = i < crossLayers - 1 ? x : tf.slice(x, [0, 0, 0], [-1, 1, -1]);
        const mixed = attend(parameters, `${part}.attn`, asking, x, {
          heads,
          lengths,
          drop: seeded(dropout, `${part}:weights`),
        });
        return feedForward(parameters, part, mixed, { norm: "norm", drop: dropper(dropout, part) });
      };
      const [asked, answered] = [ask(speech, image, "audio"), ask(image, speech, "image", lengths)];
      [speech, image] = [own(asked, "audio", lengths), own(answered, "image")];
    }
    const [count, , width] = speech.shape as [number, number, number];
    const joined = tf.reshape(tf.concat([speech, image], 2), [count, 2 * width]); // [P, 2 d]
    return tf.reshape(applyLinear(parameters, "match2", gelu(applyLinear(parameters, "match1", joined))), [count]);
  });
}

/** Values that are saved for the gradient and those of gradients, as a multiple of the values of a pair; estimated. */
const SAVED_PER_VALUE = 60;

/** Bytes for the pairs that are scored at once, if not all can be. */
const CHUNK_BYTES = 2 ** 28;

/**
 * The scores of all pairs of a batch. If what the gradient needs does not fit in memory, some pairs at a time are scored, and
 * scored again for the gradient.
 *
 * @param sequences of B recordings and B images
 * @param dropout of the whole batch; parts have seeds of their own
 * @param free bytes; default what the backend has left
 * @returns `[B, B]`: rows speech, columns images
 */
export function matchAll(
  parameters: Parameters,
  sizes: CrossSizes,
  { speech, lengths, image }: Sequences,
  dropout?: Drop,
  free: number = Math.min(roomLeft(), 2 ** 33),
): tf.Tensor2D {
  const [rows, columns] = [speech.shape[0] as number, image.shape[0] as number];
  const count = rows * columns;
  const perPair = 4 * SAVED_PER_VALUE * sizes.crossLayers * (speech.size / rows + image.size / columns);
  const atOnce = count * perPair < free / 2
    ? count
    : Math.max(1, Math.floor(Math.min(CHUNK_BYTES, free / 6) / perPair));
  const names = [...crossShapes(sizes).keys()];
  const scorePairs = (from: number, to: number) => (...inputs: tf.Tensor[]): tf.Tensor => {
    const [speech, image, ...weights] = inputs as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    return tf.tidy(() => {
      const ids = (id: (pair: number) => number) =>
        tf.tensor1d(Int32Array.from({ length: to - from }, (_, i) => id(from + i)), "int32");
      const ofSpeech = ids((pair) => Math.floor(pair / columns));
      return matchScores(new Map(names.map((name, i) => [name, weights[i] as tf.Tensor])), sizes, {
        speech: takeRows(speech, ofSpeech),
        lengths: tf.gather(lengths, ofSpeech),
        image: takeRows(image, ids((pair) => pair % columns)),
      }, seeded(dropout, `${from}`));
    });
  };
  const inputs = [speech, image, ...names.map((name) => parameters.get(name) as tf.Tensor)];
  return tf.tidy(() => {
    const scores = atOnce >= count
      ? scorePairs(0, count)(...inputs)
      : inParts(scorePairs, Math.ceil(count / atOnce), count, inputs);
    return tf.reshape(scores, [rows, columns]) as tf.Tensor2D;
  });
}

/** Rows of `[R, T, d]` by index. */
function takeRows(x: tf.Tensor, ids: tf.Tensor1D): tf.Tensor {
  const [rows, positions, width] = x.shape as [number, number, number];
  return tf.reshape(embedding(tf.reshape(x, [rows, positions * width]), ids), [ids.size, positions, width]);
}

/** A function of the inputs for the values `from` to `to` of its result. */
type Part = (from: number, to: number) => (...inputs: tf.Tensor[]) => tf.Tensor;

/** The joined results of parts. Only the inputs are saved: each part is computed again for its gradient, one after the other. */
function inParts(part: Part, parts: number, count: number, inputs: tf.Tensor[]): tf.Tensor {
  const bounds = Array.from({ length: parts }, (_, i) => [i, i + 1].map((at) => Math.floor(at * count / parts)));
  return tf.customGrad((...values) => {
    const save = values.pop() as unknown as (tensors: tf.Tensor[]) => void;
    save(values as tf.Tensor[]);
    return {
      value: tf.concat(bounds.map(([from = 0, to = 0]) => part(from, to)(...values as tf.Tensor[]))),
      gradFunc: (dy, saved) => {
        // TensorFlow.js forgets the tape of the gradient that it is computing when another one starts.
        const { state } = tf.engine();
        const { activeTape } = state;
        const sums = saved.map((input) => tf.zerosLike(input));
        for (const [from = 0, to = 0] of bounds) {
          const dPart = tf.slice(dy as tf.Tensor, [from], [to - from]);
          tf.grads(part(from, to))(saved, dPart).forEach((gradient, i) => {
            const sum = sums[i] as tf.Tensor;
            sums[i] = tf.add(sum, gradient);
            tf.dispose([sum, gradient]);
          });
        }
        state.activeTape = activeTape;
        return sums;
      },
    };
  })(...inputs);
}
