import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../lib/random.ts";
import { addNoise, makeNoise, NOISE_KINDS, power, withPeak } from "../../data/generator/synthesize.ts";

/** A quiet tone, so that no noise of this test reaches full scale. */
const tone = Float32Array.from({ length: 16000 }, (_, i) => 0.05 * Math.sin(2 * Math.PI * 300 * i / 16000));

Deno.test("what is added has the power that the ratio asks for", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 30, noNaN: true }),
      fc.constantFrom(...NOISE_KINDS),
      fc.nat(),
      (snr, kind, seed) => {
        const noisy = addNoise(tone, snr, new Random(seed), kind);
        const added = noisy.map((value, i) => value - (tone[i] as number));
        const measured = 10 * Math.log10(power(tone) / power(added));
        assert.ok(Math.abs(measured - snr) < 0.01, `${kind}: ${measured} dB for ${snr} dB`);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("no sample passes full scale, and the level is kept otherwise", () => {
  const loud = withPeak(tone, 1);
  const noisy = addNoise(loud, 0, new Random(1), "white");
  assert.ok(noisy.every((value) => Math.abs(value) <= 0.99 + 1e-6));
  assert.equal(withPeak(tone, 0.9, { onlyDown: true }), tone);
  assert.deepEqual([...withPeak(new Float32Array(3), 0.5)], [0, 0, 0]);
});

Deno.test("white noise is flat and pink noise falls by about 3 dB an octave", () => {
  const ratio = (kind: "white" | "pink"): number => {
    const noise = makeNoise(kind, 1 << 15, new Random(9));
    return 10 * Math.log10(bandPower(noise, 250, 500) / bandPower(noise, 2000, 4000));
  };
  // Equal powers an octave for pink noise; eight times as wide a band has 9 dB more of white noise.
  assert.ok(Math.abs(ratio("pink")) < 2, `pink ${ratio("pink")}`);
  assert.ok(Math.abs(ratio("white") + 9) < 1.5, `white ${ratio("white")}`);
});

Deno.test("a ratio that is no number is refused", () => {
  assert.throws(() => addNoise(tone, NaN, new Random(1)), /must be finite: current value is NaN/);
});

/** Sum of squared Fourier coefficients, every 7th bin, of a band in Hz, by definition, times the bins skipped. */
function bandPower(samples: Float32Array, low: number, high: number): number {
  const n = samples.length;
  let sum = 0;
  for (let bin = Math.round(low * n / 16000); bin < high * n / 16000; bin += 7) {
    let real = 0, imaginary = 0;
    const [turn, lift] = [Math.cos(2 * Math.PI * bin / n), Math.sin(2 * Math.PI * bin / n)];
    let [c, s] = [1, 0];
    for (let i = 0; i < n; i++) {
      real += (samples[i] as number) * c;
      imaginary += (samples[i] as number) * s;
      [c, s] = [c * turn - s * lift, c * lift + s * turn];
    }
    sum += 7 * (real * real + imaginary * imaginary);
  }
  return sum;
}
