/**
 * Convolutions on the wasm backend's heap as matrix products: the patch under each position of the kernel is a row of a
 * matrix. TensorFlow.js's own kernels are several times slower and have no gradient at the filter.
 */
import * as tf from "@tensorflow/tfjs-core";
import { heapBytes, offsetOf, output, withScratch } from "./heap.ts";
import { gemm } from "./matrix_product.ts";

type Attributes = tf.Conv2DAttrs & { filterShape?: number[]; inputShape?: number[] };

/** Sizes of a convolution of `[B, H, W, C]` to `[B, OH, OW, O]`. */
interface Sizes {
  info: tf.backend_util.Conv2DInfo;
  /** Output positions of an image. */
  places: number;
  /** Values of a patch. */
  patch: number;
  /** Values of an image. */
  size: number;
  /** Images whose patches are in one matrix: enough rows for a fast product, no more memory than necessary. */
  chunk: number;
}

/** Rows of a matrix of patches from which on a product does not become faster. */
const ROWS = 2048;

function sizesOf(x: number[], filter: number[], { strides, pad, dimRoundingMode }: Attributes): Sizes {
  type Four = [number, number, number, number];
  const info = tf.backend_util.computeConv2DInfo(x as Four, filter as Four, strides, 1, pad as number, dimRoundingMode);
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const places = outHeight * outWidth;
  return {
    info,
    places,
    patch: filterHeight * filterWidth * inChannels,
    size: inHeight * inWidth * inChannels,
    chunk: Math.max(1, Math.floor(ROWS / Math.max(1, places))),
  };
}

/** `[B, H, W, C]` by `[KH, KW, C, O]`, in place of TensorFlow.js's kernel `Conv2D`. */
export function convolve(x: tf.TensorInfo, filter: tf.TensorInfo, attributes: Attributes): tf.TensorInfo {
  const sizes = sizesOf(x.shape, filter.shape, attributes);
  const { info, places, patch } = sizes;
  const { outChannels } = info;
  const out = output(info.outShape);
  const [atX, atFilter, atOut] = [x, filter, out].map(offsetOf) as [number, number, number];
  eachChunk(sizes, (first, count, patches) => {
    unfold(sizes, atX, first, count, patches);
    const to = atOut + 4 * first * places * outChannels;
    gemm(
      false,
      false,
      count * places,
      outChannels,
      patch,
      1,
      patches,
      patch,
      atFilter,
      outChannels,
      0,
      to,
      outChannels,
    );
  });
  return out;
}

/** The gradient at x, in place of TensorFlow.js's kernel `Conv2DBackpropInput`. */
export function convolutionInputGradient(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  attributes: Attributes,
): tf.TensorInfo {
  const sizes = sizesOf(attributes.inputShape as number[], filter.shape, attributes);
  const { info, places, patch } = sizes;
  const { outChannels } = info;
  const out = output(info.inShape);
  const [atDy, atFilter, atOut] = [dy, filter, out].map(offsetOf) as [number, number, number];
  heapBytes().fill(0, atOut, atOut + 4 * info.batchSize * sizes.size);
  eachChunk(sizes, (first, count, patches) => {
    const from = atDy + 4 * first * places * outChannels;
    gemm(
      false,
      true,
      count * places,
      patch,
      outChannels,
      1,
      from,
      outChannels,
      atFilter,
      outChannels,
      0,
      patches,
      patch,
    );
    fold(sizes, atOut, first, count, patches);
  });
  return out;
}

/** The gradient at the filter, TensorFlow.js's kernel `Conv2DBackpropFilter`. */
export function convolutionFilterGradient(x: tf.TensorInfo, dy: tf.TensorInfo, attributes: Attributes): tf.TensorInfo {
  const sizes = sizesOf(x.shape, attributes.filterShape as number[], attributes);
  const { info, places, patch } = sizes;
  const { outChannels } = info;
  const out = output(attributes.filterShape as number[]);
  const [atX, atDy, atOut] = [x, dy, out].map(offsetOf) as [number, number, number];
  eachChunk(sizes, (first, count, patches) => {
    unfold(sizes, atX, first, count, patches);
    const from = atDy + 4 * first * places * outChannels;
    const rows = count * places;
    gemm(true, false, patch, outChannels, rows, 1, patches, patch, from, outChannels, +(first > 0), atOut, outChannels);
  });
  return out;
}

/** Runs an action on some images at a time, with space for their patches. */
function eachChunk(
  { info, places, patch, chunk }: Sizes,
  action: (first: number, count: number, patches: number) => void,
): void {
  withScratch(Math.min(chunk, info.batchSize) * places * patch, (patches) => {
    for (let first = 0; first < info.batchSize; first += chunk) {
      action(first, Math.min(chunk, info.batchSize - first), patches);
    }
  });
}

/**
 * Visits the parts of patches: the values that one row of the kernel covers are adjacent in the image, as its channels are
 * innermost. `visit` gets indices of floats in the images and in the matrix; `inside` is the part within the image.
 */
function eachRun(
  { info, size, patch }: Sizes,
  first: number,
  count: number,
  visit: (image: number, matrix: number, inside: { from: number; to: number }, length: number) => void,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const length = filterWidth * inChannels;
  const inside = { from: 0, to: 0 };
  let matrix = 0;
  for (let b = first; b < first + count; b++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++, matrix += patch) {
        const column = x * info.strideWidth - padInfo.left;
        const left = Math.max(0, -column) * inChannels;
        const right = Math.max(left, Math.min(filterWidth, inWidth - column) * inChannels);
        for (let k = 0; k < filterHeight; k++) {
          const row = y * info.strideHeight - padInfo.top + k;
          const within = row >= 0 && row < inHeight;
          inside.from = within ? left : length;
          inside.to = within ? right : length;
          visit(b * size + (row * inWidth + column) * inChannels, matrix + k * length, inside, length);
        }
      }
    }
  }
}

/** Copies patches into the rows of a matrix; what is outside of the image is 0. */
function unfold(sizes: Sizes, images: number, first: number, count: number, patches: number): void {
  const heap = new Float32Array(heapBytes().buffer);
  const [x, matrix] = [images / 4, patches / 4];
  eachRun(sizes, first, count, (image, at, { from, to }, length) => {
    const [source, target] = [x + image, matrix + at];
    if (to - from >= COPY) {
      heap.fill(0, target, target + from);
      heap.copyWithin(target + from, source + from, source + to);
      heap.fill(0, target + to, target + length);
    } else {
      for (let i = 0; i < length; i++) heap[target + i] = i >= from && i < to ? heap[source + i] as number : 0;
    }
  });
}

/** Floats from which on a call copies faster than a loop. */
const COPY = 64;

/** Adds the rows of a matrix to the patches from which they came. */
function fold(sizes: Sizes, images: number, first: number, count: number, patches: number): void {
  const heap = new Float32Array(heapBytes().buffer);
  const [x, matrix] = [images / 4, patches / 4];
  eachRun(sizes, first, count, (image, at, { from, to }) => {
    const [target, source] = [x + image, matrix + at];
    for (let i = from; i < to; i++) heap[target + i] = (heap[target + i] as number) + (heap[source + i] as number);
  });
}
