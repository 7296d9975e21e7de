/** Antialiased bicubic resizing. */

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

function tapsOf(from: number, to: number): Taps {
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

/** Rounds to a whole number from 0 to 255. The cast to an integer is faster than `Math.round`. */
const toByte = (value: number): number => value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;

/**
 * Resizes as Pillow's `BICUBIC`, within one of 255 steps. It is slower than sharp for large images, but exact for
 * enlarged ones, which sharp shifts by half a pixel.
 */
export function resizeBicubic({ data, width, height }: RgbImage, to: { width: number; height: number }): RgbImage {
  const across = tapsOf(width, to.width);
  const down = tapsOf(height, to.height);
  const row = to.width * 3;
  const wide = new Float64Array(height * row); // resized across only
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to.width; x++) {
      let [red, green, blue] = [0, 0, 0];
      let from = (y * width + across.first[x]!) * 3;
      for (let k = x * across.width; k < (x + 1) * across.width; k++, from += 3) {
        const weight = across.weights[k]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      const place = y * row + x * 3;
      wide[place] = toByte(red); // Pillow rounds here too
      wide[place + 1] = toByte(green);
      wide[place + 2] = toByte(blue);
    }
  }
  const sums = new Float64Array(row);
  const result = new Uint8Array(to.height * row);
  for (let y = 0; y < to.height; y++) {
    sums.fill(0);
    for (let k = 0; k < down.width; k++) {
      const [weight, from] = [down.weights[y * down.width + k]!, (down.first[y]! + k) * row];
      if (weight !== 0) { for (let i = 0; i < row; i++) sums[i]! += weight * wide[from + i]!; }
    }
    for (let i = 0; i < row; i++) result[y * row + i] = toByte(sums[i]!);
  }
  return { data: result, ...to };
}
