/**
 * Antialiased bicubic resizing.
 *
 * @module
 */

/** Pixels of three colours: row, then column, then colour. */
export interface Picture {
  /** `[height * width * 3]`, 0 to 255. */
  data: Uint8Array;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
}

/** For each place of the result: the first place of the source that counts, and the weights from there on. */
type Taps = { first: number; weights: Float64Array }[];

/** Keys' cubic with a = -0.5, as Pillow and torchvision use it. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale); // where the picture shrinks the filter widens, else it would alias
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - 2 * stretch + 0.5));
    const last = Math.min(from, Math.floor(centre + 2 * stretch + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_, k) => cubic((first + k + 0.5 - centre) / stretch));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Resizes as Pillow does with `BICUBIC`, within one step of 255. It is slower than sharp for large pictures, but exact
 * where a picture is enlarged, which sharp shifts by half a pixel.
 */
export function resizeBicubic({ data, width, height }: Picture, to: { width: number; height: number }): Picture {
  const across = tapsOf(width, to.width);
  const down = tapsOf(height, to.height);
  const wide = new Float32Array(height * to.width * 3); // resized across only
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to.width; x++) {
      const { first, weights } = across[x] as Taps[number];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (data[(y * width + first + k) * 3 + c] as number);
        }
        wide[(y * to.width + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(sum))); // Pillow rounds here too
      }
    }
  }
  const row = to.width * 3;
  const result = new Uint8Array(to.height * row);
  for (let y = 0; y < to.height; y++) {
    const { first, weights } = down[y] as Taps[number];
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (wide[(first + k) * row + i] as number);
      result[y * row + i] = Math.min(255, Math.max(0, Math.round(sum)));
    }
  }
  return { data: result, ...to };
}
