/** Antialiased bicubic resizing. */
import { OwnHeap } from "../runtime/wasm/own_heap.ts";

/** RGB pixels. */
export interface RgbImage {
  /** `[height * width * 3]`, 0 to 255. */
  data: Uint8Array;
  width: number;
  height: number;
}

/** For each position of the result, the first position in the source, and `width` weights from there on. */
interface Taps {
  first: Int32Array;
  weights: Float64Array;
  width: number;
}

/** Keys' cubic with a = -0.5, as Pillow and torchvision use it. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/** The latest taps: images of a data set often have the same size. */
const known = new Map<string, Taps>();
const MAX_KNOWN = 16;

function tapsOf(from: number, to: number): Taps {
  const key = `${from} ${to}`, taps = known.get(key) ?? computeTaps(from, to);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, taps);
  return taps;
}

function computeTaps(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale); // a wider filter avoids aliases when an image shrinks
  const width = Math.min(from, Math.ceil(4 * stretch) + 1);
  const taps = { first: new Int32Array(to), weights: new Float64Array(to * width), width };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const begin = Math.max(0, Math.floor(centre - 2 * stretch + 0.5));
    const end = Math.min(from, Math.floor(centre + 2 * stretch + 0.5));
    const first = Math.min(begin, from - width); // positions after the edge have the weight 0
    const weights = Array.from({ length: end - begin }, (_, k) => cubic((begin + k + 0.5 - centre) / stretch));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    taps.first[i] = first;
    taps.weights.set(weights.map((weight) => weight / sum), i * width + begin - first);
  }
  return taps;
}

/** A heap of at most so many 4-byte values (16 MB) is kept for the next image. */
const KEPT = 1 << 22;
let kept: OwnHeap | undefined;

function heapFor(values: number): OwnHeap {
  if (values > KEPT) return new OwnHeap(values);
  kept ??= new OwnHeap(KEPT);
  kept.clear();
  return kept;
}

/**
 * Resizes as Pillow's `BICUBIC`, within one of 255 steps. It is slower than sharp for large images, but exact for
 * enlarged ones, which sharp shifts by half a pixel.
 */
export function resizeBicubic({ data, width, height }: RgbImage, to: { width: number; height: number }): RgbImage {
  const across = tapsOf(width, to.width);
  const down = tapsOf(height, to.height);
  const row = to.width * 3;
  const tables = [across, down].map(({ first, weights }) => first.length + 2 * weights.length + 8);
  const heap = heapFor(
    data.length / 4 + 6 * width + (height + to.height / 4) * row + tables[0]! + tables[1]! + 64,
  );
  const [source, result] = [heap.give(data.length / 4), heap.give(to.height * row / 4 + 2)];
  const [line, wide] = [heap.give(6 * width + 2), heap.give(height * row + 7)];
  const [firsts, weights] = [heap.give(to.width), heap.give(2 * across.weights.length)];
  const [tops, heights] = [heap.give(to.height), heap.give(2 * down.weights.length)];
  heap.bytes().set(data, source);
  heap.integers(firsts, to.width).set(across.first);
  heap.doubles(weights, across.weights.length).set(across.weights);
  heap.integers(tops, to.height).set(down.first);
  heap.doubles(heights, down.weights.length).set(down.weights);
  heap.kernel("resize_across")(source, line, firsts, weights, across.width, height, width, to.width, wide);
  heap.kernel("resize_down")(wide, tops, heights, down.width, to.height, row, result);
  return { data: heap.bytes().slice(result, result + to.height * row), ...to };
}
