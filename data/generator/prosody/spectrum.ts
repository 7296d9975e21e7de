/**
 * The Fourier transform of the windows in which pitch is sought.
 *
 * @module
 */

/**
 * Fourier transform of `re + i im` in place; the length is a power of two (Cooley and Tukey 1965).
 *
 * @example
 * ```ts
 * import { transform } from "./spectrum.ts";
 * const [re, im] = [Float64Array.of(1, 0, 0, 0), new Float64Array(4)];
 * transform(re, im);
 * if (re.join() !== "1,1,1,1") throw new Error(re.join());
 * ```
 *
 * @throws {RangeError} where the lengths differ or are no power of two.
 */
export function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  if (im.length !== size || size < 2 || (size & (size - 1)) !== 0) {
    throw new RangeError(`Cannot transform ${size} and ${im.length} values: expected one power of two of both`);
  }
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j]!, re[i]!, im[j]!, im[i]!];
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    const { cosines, sines } = turns(length);
    for (let start = 0; start < size; start += length) {
      for (let k = 0; k < half; k++) {
        const a = start + k, b = a + half, c = cosines[k]!, s = sines[k]!;
        const x = re[b]! * c - im[b]! * s, y = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a]! += x;
        im[a]! += y;
      }
    }
  }
}

const known = new Map<number, { cosines: Float64Array; sines: Float64Array }>();

function turns(length: number): { cosines: Float64Array; sines: Float64Array } {
  let found = known.get(length);
  if (found === undefined) {
    const angle = (_: unknown, k: number): number => -2 * Math.PI * k / length;
    const angles = Array.from({ length: length / 2 }, angle);
    found = { cosines: Float64Array.from(angles, Math.cos), sines: Float64Array.from(angles, Math.sin) };
    known.set(length, found);
  }
  return found;
}
