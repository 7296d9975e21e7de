import assert from "node:assert/strict";
import { join } from "@std/path";
import { MelFrames } from "../../lib/audio/mel_frames.ts";
import { logMel } from "../../lib/audio/log_mel.ts";
import { SYSTEM_NAMES, VARIANTS } from "../../lib/systems/variants.ts";
import { checkConfig } from "../../lib/training/config.ts";
import { presetConfig, sample, withModel } from "../../lib/training/presets.ts";
import { newSettings } from "../../lib/training/settings.ts";
import { readVocabulary, vocabularyOf, writeVocabulary } from "../../lib/training/vocabulary.ts";
import { tone, wav } from "../audio/wav.ts";
import { inFolder } from "../helpers.ts";

Deno.test("a system has its own name as variant, one learning rate, and the states that it reads", () => {
  for (const system of SYSTEM_NAMES) {
    const config = newSettings({ system });
    assert.deepEqual(config, presetConfig("sample", { system }));
    assert.deepEqual(checkConfig(JSON.parse(JSON.stringify(config)), "a test"), config);
    if (system === "brewclip") {
      assert.deepEqual(config, sample());
      continue;
    }
    assert.equal(config.variant, system);
    assert.equal(config.learningRate, sample().acousticLearningRate);
    assert.equal(config.acousticLearningRate, null);
    assert.equal(config.acousticLayers, VARIANTS[system].allLayers ? "all" : "last");
    assert.deepEqual(withModel(config, "pip").system, "brewclip");
  }
  assert.equal(newSettings({ system: "milan", learningRate: 0.5 }).learningRate, 0.5);
  assert.throws(
    () => checkConfig({ ...sample(), system: "milan" }, "a test"),
    /variant 'full' is not one of system 'milan'/,
  );
});

Deno.test("options that do nothing for a system are refused by name", () => {
  assert.throws(
    () => newSettings({ system: "resdavenet", alpha: 0.2, temperature: "fixed", steps: 3 }),
    /'resdavenet' with options that do not apply to it: '--alpha' is for brewclip; '--temperature' is for .*Omit them/,
  );
  assert.throws(
    () => newSettings({ system: "speechclip-c", microBatch: 4 }),
    /'--micro-batch' is for brewclip, speechclip-p/,
  );
  assert.throws(() => newSettings({ size: "small" }), /'--size' is for fast-vgs-co/);
  for (const variant of ["pip", "pip-gt", "e2e", "pip-zero-shot"]) {
    assert.throws(
      () => newSettings({ variant, fusion: "confidence" }),
      {
        name: "InputError",
        message: `Cannot train '${variant}' with --fusion confidence as it weighs transcript and sound: ` +
          "only 'full' has both. Omit it.",
      },
    );
  }
  for (const [variant, reads] of [["e2e", "no transcripts"], ["pip-gt", "written captions"]]) {
    assert.throws(
      () => newSettings({ variant, transcripts: 3 }),
      new RegExp(`Cannot use '${variant}' with --transcripts 3 as it reads ${reads}: .* Omit it`),
    );
  }
  assert.throws(() => newSettings({ system: "milan", transcripts: 3 }), /'--transcripts' is for brewclip/);
  assert.equal(newSettings({ variant: "pip-zero-shot", transcripts: 3 }).transcripts, 3);
  assert.throws(() => newSettings({ system: "milan", fusion: "confidence" }), /'--fusion' is for brewclip/);
  assert.equal(newSettings({ fusion: "confidence" }).fusion, "confidence");
  assert.equal(newSettings({ system: "speechclip-p", microBatch: 4, temperature: "fixed" }).microBatch, 4);
});

Deno.test("a vocabulary is ordered by frequency, read back, and guarded by a checksum", async () => {
  const tokens = vocabularyOf([[7, 5], [5, 3], [9]]);
  assert.deepEqual(tokens, [5, 3, 7, 9]);
  await inFolder(async (folder) => {
    const path = join(folder, "vocabulary.json");
    await writeVocabulary(path, tokens);
    assert.deepEqual(await readVocabulary(path), tokens);
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("7", "8"));
    await assert.rejects(readVocabulary(path), /checksum does not fit/);
  });
});

Deno.test("mel frames are those of Whisper's front end, frame by frame, as long as the recording", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "tone.wav");
    const samples = tone(440, 16000, 1);
    await Deno.writeFile(path, wav([samples], 16000, { float: true }));
    const { frames, width, values } = new MelFrames(10, 0.5).of(path, 1);
    assert.deepEqual([frames, width], [50, 10]);
    const found = await values(), expected = logMel(samples, { frames: 50, bands: 10 });
    for (let t = 0; t < frames; t++) {
      for (let band = 0; band < width; band++) assert.equal(found[t * width + band], expected[band * frames + t]);
    }
    assert.equal(await values(), found, "kept in memory");
  });
});
