import { join } from "@std/path";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { createBrewClip, disposeBrewClip, encodeSpeech } from "../../lib/systems/brewclip.ts";
import { initialiseClip } from "../../lib/clip/clip.ts";
import { Random } from "../../lib/random.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { joinSpeech } from "../../lib/training/examples.ts";
import { loadClips } from "../../lib/experiments/ser/emotion_clips.ts";
import { serTable } from "../../lib/experiments/ser/ser_table.ts";
import { allClipFeatures, clipFeatures } from "../../lib/experiments/ser/clip_features.ts";
import { chooseL2 } from "../../lib/experiments/ser/choose_l2.ts";
import { cropped } from "../../lib/experiments/ser/crop.ts";
import { FINE_TUNE } from "../../lib/experiments/ser/defaults.ts";
import { fineTune } from "../../lib/experiments/ser/fine_tune.ts";
import { digestOf, keptPart } from "../../lib/experiments/ser/kept_part.ts";
import { linearProbe, majority } from "../../lib/experiments/ser/linear_systems.ts";
import { logMelStatistics } from "../../lib/experiments/ser/log_mel_statistics.ts";
import { protocolsOf } from "../../lib/experiments/ser/protocols.ts";
import { scoreRow } from "../../lib/experiments/ser/score_row.ts";
import type { SerClip } from "../../lib/experiments/ser/ser_results.ts";
import { speakerFolds } from "../../lib/experiments/ser/speaker_folds.ts";
import { logMel } from "../../lib/audio/log_mel.ts";
import { inFolder } from "../helpers.ts";
import { tinyClipConfig, tinyExamples } from "../training/tiny.ts";

await useBackend("wasm");

/** Four speakers, two of them in test, three clips each. */
const clips = ["01", "02", "03", "04"].flatMap((speaker, s) =>
  ["angry", "neutral", "neutral"].map((emotion, i): SerClip => ({
    id: `${speaker}-${i}`,
    speaker,
    emotion,
    split: s < 2 ? "train" : "test",
    transcript: "",
  }))
);

Deno.test("folds have each item once, no speaker on both sides, and men and women alike", () => {
  const speakers = Array.from({ length: 24 * 3 }, (_, i) => String(1 + i % 24).padStart(2, "0"));
  for (const count of [2, 3, 6, 12, 24, 99]) {
    const folds = speakerFolds(speakers, count);
    assert.equal(folds.length, Math.min(count, 24));
    assert.deepEqual(folds.flatMap(({ test }) => test).sort((a, b) => a - b), speakers.map((_, i) => i));
    for (const { train, test } of folds) {
      assert.equal(train.length + test.length, speakers.length);
      const [fitted, judged] = [train, test].map((places) => new Set(places.map((place) => speakers[place])));
      assert.ok(fitted!.isDisjointFrom(judged!));
      if (count <= 12) {
        const odd = [...judged!].filter((name) => Number(name) % 2 === 1).length;
        assert.equal(odd, judged!.size / 2, `${count} folds`);
      }
    }
  }
  assert.throws(() => speakerFolds(["a", "a"], 3), /1 speakers and 3 folds/);
});

Deno.test("a mood that no train clip has is told, and clips without a speaker are not called one speaker", async () => {
  await inFolder(async (folder) => {
    const dataRoot = join(folder, "labels.csv");
    const rows = ["a.wav,angry,train", "b.wav,sad,train", "c.wav,surprised,test", "d.wav,sad,test"];
    await Deno.writeTextFile(dataRoot, ["audio,emotion,split", ...rows].join("\n"));
    const lines: string[] = [];
    const data = { dataset: "own", dataRoot, calm: "neutral", transcript: "heard" } as const;
    const own = await loadClips(data, { line: (line) => lines.push(line) });
    assert.equal(own.length, 4);
    assert.match(lines.join("\n"), /no train clip has mood 'surprised', so its 1 test clips cannot be told/);
    assert.ok(!lines.join("\n").includes("mood 'sad'"));
    const settings = { data, encoders: [], fineTune: null, seeds: [1], folds: 0, fineTuneFolds: false };
    const heard = own.map((clip) => ({ ...clip, split: clip.split as "train" | "test", transcript: "" }));
    const result = { clips: heard, rows: [], classes: ["angry", "sad", "surprised"], encoderSteps: {} };
    assert.match(
      serTable(settings, result),
      /speakers that are not all named.*over clips where the speaker is not named/s,
    );
    const named = { ...result, clips: heard.map((clip) => ({ ...clip, speaker: clip.emotion })) };
    assert.match(serTable(settings, named), /of 3 speakers.*by bootstrap over speakers\./s);
  });
});

Deno.test("the split is the data set's; speakers are left out where they are named", () => {
  const [split, out] = protocolsOf(clips, { folds: 2 });
  assert.deepEqual(split!.folds, [{ train: [0, 1, 2, 3, 4, 5], test: [6, 7, 8, 9, 10, 11] }]);
  assert.deepEqual(out!.folds.map(({ test }) => test), [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]);
  assert.equal(protocolsOf(clips, { folds: 0 }).length, 1);
  assert.equal(protocolsOf(clips.map((clip) => ({ ...clip, speaker: "" })), { folds: 4 }).length, 1);
});

Deno.test("log-mel statistics are those of a plain loop", () => {
  const random = new Random(3);
  const samples = new Float32Array(5000).map((_, i) => random.normal() * Math.sin(i / 900));
  const frames = 32; // 5000 / 160, rounded up
  const mels = logMel(samples, { frames });
  const row = logMelStatistics(samples);
  assert.equal(row.length, 320);
  for (const band of [0, 17, 79]) {
    let sum = 0, squares = 0, high = -Infinity, low = Infinity;
    for (let t = 0; t < frames; t++) {
      const value = mels[band * frames + t]!;
      sum += value;
      squares += value * value;
      high = Math.max(high, value);
      low = Math.min(low, value);
    }
    const deviation = Math.sqrt(squares / frames - (sum / frames) ** 2);
    [sum / frames, deviation, high, low].forEach((value, i) => {
      assert.ok(Math.abs(row[4 * band + i]! - value) < 1e-6, `band ${band}, statistic ${i}`);
    });
  }
});

Deno.test("the penalty is strong where features are noise and weak where speakers agree", () => {
  const random = new Random(4);
  const speakers = Array.from({ length: 90 }, (_, i) => String(i % 6));
  const labels = speakers.map((_, i) => i % 5 < 3 ? "calm" : "loud");
  const noise = labels.map(() => Array.from({ length: 60 }, () => random.normal()));
  assert.ok(chooseL2(noise, labels, speakers, [0.01, 1e5]).l2 === 1e5);
  // The mood is a small difference of two large columns, which a strong penalty cannot see.
  const fine = labels.map((label) => {
    const common = random.normal();
    return [common, common + (label === "loud" ? 0.1 : -0.1) + 0.02 * random.normal()];
  });
  const choice = chooseL2(fine, labels, speakers, [0.001, 1e3]);
  assert.equal(choice.l2, 0.001);
  assert.ok(choice.tried[0]!.accuracy > 0.95 && choice.tried[1]!.accuracy < 0.95, JSON.stringify(choice.tried));
  assert.deepEqual(chooseL2(fine, labels, labels.map(() => "one")), { l2: 10, tried: [] });
});

Deno.test("the majority is counted in the train clips alone; a probe judges each clip once", async () => {
  const [split, out] = protocolsOf(clips, { folds: 2 }) as [
    ReturnType<typeof protocolsOf>[0],
    ReturnType<typeof protocolsOf>[0],
  ];
  const angryTest = clips.map((clip) => clip.split === "test" ? { ...clip, emotion: "angry" } : clip);
  assert.deepEqual(new Set(majority(angryTest, split).predictions.map(({ emotion }) => emotion)), new Set(["neutral"]));
  const rows = clips.map(({ emotion }, i) => [emotion === "angry" ? 1 : -1, i % 2]);
  const answers = await linearProbe(rows, clips, out);
  assert.deepEqual(answers.predictions, clips.map(({ id, emotion }) => ({ id, emotion })));
  assert.equal(answers.l2?.length, 2);
});

Deno.test("a row's figures are those counted by hand", () => {
  const predictions = clips.slice(6).map(({ id, speaker, emotion }) => ({
    id,
    emotion: speaker === "03" ? emotion : "neutral", // of speaker 04 the angry clip is wrong
  }));
  const said = { system: "probe", encoder: "full", protocol: "split", seed: null, l2: [1], predictions } as const;
  const row = scoreRow({ ...said, l2: [1], predictions }, clips, ["angry", "neutral", "sad"]);
  assert.equal(row.accuracy.value, 5 / 6);
  assert.equal(row.unweightedAverageRecall.value, (1 / 2 + 1) / 2);
  assert.deepEqual(row.confusion, [[1, 1, 0], [0, 4, 0], [0, 0, 0]]);
  assert.deepEqual(row.recall, { angry: 0.5, neutral: 1, sad: null });
  assert.deepEqual(row.bySpeaker, { "03": 1, "04": 2 / 3 });
  assert.deepEqual(row.accuracy.interval, [2 / 3, 1]); // both speakers the one, or both the other
  assert.throws(
    () => scoreRow({ ...said, l2: [1], predictions: [{ id: "x", emotion: "sad" }] }, clips, ["sad"]),
    /'x'/,
  );
});

Deno.test("a piece of a clip is a run of its frames", async () => {
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const example = {
    id: "a",
    imageId: "a",
    image: "",
    states: { frames: 10, width: 2, values: () => Promise.resolve(values) },
  };
  const random = new Random(1);
  assert.equal(cropped(example, 1, random), example);
  const lengths = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const { frames, values } = cropped(example, 0.4, random).states!;
    const piece = await values();
    lengths.add(frames);
    assert.equal(piece.length, 2 * frames);
    assert.ok(frames >= 4 && piece[0]! % 2 === 0);
    piece.forEach((value, i) => assert.equal(value, piece[0]! + i));
  }
  assert.ok(lengths.size >= 4);
});

Deno.test("a kept part is made once for the same inputs, and again for others", () =>
  inFolder(async (folder) => {
    let made = 0;
    const part = (key: string) => keptPart(`${folder}/part.json`, key, () => Promise.resolve(++made));
    const [a, b] = [await digestOf(["x", new Float32Array([1])]), await digestOf(["x", new Float32Array([2])])];
    assert.notEqual(a, b);
    assert.deepEqual([await part(a), await part(a), await part(b), await part(a)], [1, 1, 2, 3]);
    await assert.rejects(keptPart(`${folder}/other.json`, a, () => Promise.reject(new Error("stopped"))), /stopped/);
    assert.equal(await keptPart(`${folder}/other.json`, a, () => Promise.resolve("later")), "later");
  }));

const acoustic = { whisperWidth: 6, promptLength: 3, heads: 2, feedforward: 24, dropout: 0.3 };

Deno.test("features of clips are those of encodeSpeech, though each text is read once", async () => {
  const clip = initialiseClip(tinyClipConfig, 3);
  const { examples } = tinyExamples(6);
  for (const variant of ["full", "pip", "e2e"] as const) {
    const model = createBrewClip(variant, clip, acoustic, 2);
    const doubled = [...examples, examples[2]!].map((example, i) => ({
      ...example,
      texts: i === 1 ? [...example.texts!, ...examples[0]!.texts!] : example.texts,
    }));
    const before = tf.memory().numTensors;
    const speech = await joinSpeech(doubled);
    const [features, expected] = [clipFeatures(model, speech), encodeSpeech(model, speech)];
    const [found, right] = [await features.data(), await expected.speech.data()];
    found.forEach((value, i) => assert.ok(Math.abs(value - right[i]!) < 1e-5, `${variant} ${i}`));
    tf.dispose([features, ...Object.values(expected), ...(speech.states ? [speech.states] : [])]);
    const rows = await allClipFeatures(model, doubled);
    assert.equal(tf.memory().numTensors, before);
    rows.flatMap((row) => [...row]).forEach((value, i) => assert.ok(Math.abs(value - found[i]!) < 1e-5));
    disposeBrewClip(model);
  }
  clip.dispose();
});

Deno.test("fine-tuning learns moods of the sound, repeats, leaves no tensor and keeps what only pictures see", async () => {
  const clip = initialiseClip(tinyClipConfig, 3);
  const { examples: made } = tinyExamples(48);
  const examples = made.map((example) => ({ ...example, texts: made[0]!.texts }));
  const labels = examples.map((_, i) => i % 12 < 6 ? "low" : "high");
  const settings = { ...FINE_TUNE, steps: 120, learningRate: 1e-2, dropout: 0.1, crop: 1 };
  const tune = async (seed: number): Promise<{ said: string[]; vision: number[] }> => {
    const model = createBrewClip("full", clip, acoustic, 2);
    const before = tf.memory().numTensors;
    const train = { examples: examples.slice(0, 36), labels: labels.slice(0, 36) };
    const losses: number[] = [];
    const onStep = (_: number, loss?: number): void => void (loss === undefined || losses.push(loss));
    const tuned = await fineTune(model, train, settings, { classes: ["high", "low"], seed, onStep });
    assert.equal(losses.length, 12, "the loss is told every 10 steps");
    assert.ok(losses.at(-1)! < losses[0]! && losses[0]! < 2 * Math.LN2, losses.join(", "));
    const said = await tuned.predict(examples.slice(36));
    tuned.dispose();
    assert.equal(tf.memory().numTensors, before);
    const vision = [...await model.parameters.get("prompts.to_vision.weight")!.data()];
    disposeBrewClip(model);
    return { said, vision };
  };
  const first = await tune(1);
  // The moods meet at a value of 0, where noise decides.
  const right = first.said.filter((said, i) => said === labels[36 + i]).length;
  assert.ok(right >= 10, `${right} of 12 are right`);
  assert.deepEqual(await tune(1), first);
  const fresh = createBrewClip("full", clip, acoustic, 2);
  assert.deepEqual(first.vision, [...await fresh.parameters.get("prompts.to_vision.weight")!.data()]);
  const stopped = AbortSignal.abort(new Error("stop"));
  const job = fineTune(fresh, { examples, labels }, settings, { classes: ["high", "low"], seed: 1, signal: stopped });
  await assert.rejects(job, /stop/);
  await assert.rejects(fineTune(fresh, { examples, labels }, settings, { classes: ["high"], seed: 1 }), /'low'/);
  disposeBrewClip(fresh);
  clip.dispose();
});
