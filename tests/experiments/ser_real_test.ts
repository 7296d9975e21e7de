import assert from "node:assert/strict";
import { exists } from "../../lib/files/read.ts";
import { silent } from "../../lib/experiments/report.ts";
import { serExperiment } from "../../lib/experiments/ser/ser.ts";
import { sampleMoods } from "../../lib/training/presets.ts";
import { inFolder } from "../helpers.ts";

/** Recordings of RAVDESS at 16 kHz. They are not part of this project. */
const REAL = "../shared/data/ravdess";
const present = await exists(REAL);
if (!present) console.log(`The test of emotion recognition on the published RAVDESS is skipped: there is no ${REAL}.`);

Deno.test({
  name: "on the published RAVDESS the baselines are where the method says, and a full model's probe hears moods",
  ignore: !present,
  async fn() {
    await inFolder(async (folder) => {
      const result = await serExperiment(
        {
          data: { dataset: "ravdess", dataRoot: REAL, calm: "neutral", transcript: "heard" },
          encoders: [{ name: "full", config: { ...sampleMoods(), backend: "wasm" }, path: null, trained: false }],
          fineTune: null,
          seeds: [1],
          folds: 0,
          fineTuneFolds: false,
        },
        folder,
        { report: silent },
      );
      const [majority, baseline, probe] = result!.rows;
      assert.equal(baseline!.predictions.length, 215);
      assert.equal(majority!.accuracy.value, 72 / 215); // 0.335, the paper's PIP-only
      assert.ok(Math.abs(baseline!.accuracy.value - 0.63) < 0.04, `log-mel: ${baseline!.accuracy.value}`);
      assert.ok(probe!.accuracy.value > 0.5, `probe: ${probe!.accuracy.value}`);
    });
  },
});
