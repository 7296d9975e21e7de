/**
 * The Fourier transform of Whisper's windows.
 *
 * @module
 */

const WINDOW = 400;
const RADICES = [4, 4, 5, 5]; // their product is WINDOW

const cosines = Float64Array.from({ length: WINDOW }, (_, n) => Math.cos(2 * Math.PI * n / WINDOW));
const sines = Float64Array.from({ length: WINDOW }, (_, n) => -Math.sin(2 * Math.PI * n / WINDOW));
let [real, imaginary, nextReal, nextImaginary] = Array.from({ length: 4 }, () => new Float64Array(WINDOW)) as [
  Float64Array<ArrayBuffer>,
  Float64Array<ArrayBuffer>,
  Float64Array<ArrayBuffer>,
  Float64Array<ArrayBuffer>,
];

/**
 * Fourier transform of 400 complex numbers `re + i im`, in place (Stockham's order, radices 4, 4, 5, 5).
 *
 * A stage takes `stride` interleaved transforms of length `length = radix * part` to transforms of length `part`.
 *
 * @param re `[400]`
 * @param im `[400]`
 */
export function fourier(re: Float64Array<ArrayBuffer>, im: Float64Array<ArrayBuffer>): void {
  [real, imaginary] = [re, im]; // after an even number of stages the result stands there again
  let length = WINDOW, stride = 1;
  for (const radix of RADICES) {
    const part = length / radix;
    (radix === 4 ? byFour : byFive)(part, stride);
    [real, nextReal] = [nextReal, real];
    [imaginary, nextImaginary] = [nextImaginary, imaginary];
    length = part;
    stride *= radix;
  }
}

/** Writes `re + i im`, turned by the twiddle factor exp(-2 pi i turn / WINDOW). */
function put(to: number, re: number, im: number, turn: number): void {
  const c = cosines[turn]!, s = sines[turn]!;
  nextReal[to] = re * c - im * s;
  nextImaginary[to] = re * s + im * c;
}

/** A stage of radix 4: X[k] of each four inputs, turned by exp(-2 pi i p k / length). */
function byFour(part: number, stride: number): void {
  for (let p = 0; p < part; p++) {
    const turn = p * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p, b = a + stride * part, c = b + stride * part, d = c + stride * part;
      const sumRe = real[a]! + real[c]!, sumIm = imaginary[a]! + imaginary[c]!;
      const lessRe = real[a]! - real[c]!, lessIm = imaginary[a]! - imaginary[c]!;
      const otherRe = real[b]! + real[d]!, otherIm = imaginary[b]! + imaginary[d]!;
      const awayRe = real[b]! - real[d]!, awayIm = imaginary[b]! - imaginary[d]!;
      const to = q + stride * 4 * p;
      nextReal[to] = sumRe + otherRe;
      nextImaginary[to] = sumIm + otherIm;
      put(to + stride, lessRe + awayIm, lessIm - awayRe, turn);
      put(to + 2 * stride, sumRe - otherRe, sumIm - otherIm, 2 * turn);
      put(to + 3 * stride, lessRe - awayIm, lessIm + awayRe, 3 * turn);
    }
  }
}

const [C1, C2] = [Math.cos(2 * Math.PI / 5), Math.cos(4 * Math.PI / 5)] as const;
const [S1, S2] = [Math.sin(2 * Math.PI / 5), Math.sin(4 * Math.PI / 5)] as const;

/** A stage of radix 5, likewise. The inputs 1 and 4, and 2 and 3, share their cosines and have opposite sines. */
function byFive(part: number, stride: number): void {
  const step = stride * part;
  for (let p = 0; p < part; p++) {
    const turn = p * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p, b = a + step, c = b + step, d = c + step, e = d + step;
      const outerRe = real[b]! + real[e]!, outerIm = imaginary[b]! + imaginary[e]!;
      const innerRe = real[c]! + real[d]!, innerIm = imaginary[c]! + imaginary[d]!;
      const wideRe = real[b]! - real[e]!, wideIm = imaginary[b]! - imaginary[e]!;
      const nearRe = real[c]! - real[d]!, nearIm = imaginary[c]! - imaginary[d]!;
      const oneRe = real[a]! + C1 * outerRe + C2 * innerRe, oneIm = imaginary[a]! + C1 * outerIm + C2 * innerIm;
      const twoRe = real[a]! + C2 * outerRe + C1 * innerRe, twoIm = imaginary[a]! + C2 * outerIm + C1 * innerIm;
      const oneTurnRe = S1 * wideRe + S2 * nearRe, oneTurnIm = S1 * wideIm + S2 * nearIm;
      const twoTurnRe = S2 * wideRe - S1 * nearRe, twoTurnIm = S2 * wideIm - S1 * nearIm;
      const to = q + stride * 5 * p;
      nextReal[to] = real[a]! + outerRe + innerRe;
      nextImaginary[to] = imaginary[a]! + outerIm + innerIm;
      put(to + stride, oneRe + oneTurnIm, oneIm - oneTurnRe, turn);
      put(to + 2 * stride, twoRe + twoTurnIm, twoIm - twoTurnRe, 2 * turn);
      put(to + 3 * stride, twoRe - twoTurnIm, twoIm + twoTurnRe, 3 * turn);
      put(to + 4 * stride, oneRe - oneTurnIm, oneIm + oneTurnRe, 4 * turn);
    }
  }
}
