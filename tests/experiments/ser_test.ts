import { join } from "@std/path";
import assert from "node:assert/strict";
import { present as show } from "../../lib/report/present.ts";
import { logMel } from "../../lib/audio/log_mel.ts";
import { silent } from "../../lib/experiments/report.ts";
import { type CopyStates, loadClips, prepareClips } from "../../lib/experiments/ser/clips.ts";
import { protocolsOf, speakerFolds } from "../../lib/experiments/ser/folds.ts";
import {
  chooseL2,
  linearProbe,
  logMelStatistics,
  majority,
  stateStatistics,
} from "../../lib/experiments/ser/linear.ts";
import { runSer, scoreRow } from "../../lib/experiments/ser/run.ts";
import { SER_SCHEMAS, type SerClip, type SerResult, type SerSettings } from "../../lib/experiments/ser/results.ts";
import type { EmotionClip } from "../../lib/data/pair.ts";
import { exists } from "../../lib/files/read.ts";
import { Random } from "../../lib/random.ts";
import type { Example } from "../../lib/training/examples.ts";
import { sampleMoods } from "../../lib/training/presets.ts";
import type { WhisperModel } from "../../lib/whisper/whisper.ts";
import { wav } from "../audio/wav.ts";
import { inFolder } from "../helpers.ts";
import { lengthWhisper } from "../whisper/length_whisper.ts";
import { swell } from "../whisper/random_whisper.ts";

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

Deno.test("an emotion that no train clip has is reported, and clips without a speaker are not called one speaker", async () => {
  await inFolder(async (folder) => {
    const dataRoot = join(folder, "labels.csv");
    const rows = ["a.wav,angry,train", "b.wav,sad,train", "c.wav,surprised,test", "d.wav,sad,test"];
    await Deno.writeTextFile(dataRoot, ["audio,emotion,split", ...rows].join("\n"));
    const lines: string[] = [];
    const data = { dataset: "own", dataRoot, calm: "neutral", transcript: "heard" } as const;
    const own = await loadClips(data, { line: (line) => lines.push(line) });
    assert.equal(own.length, 4);
    assert.match(lines.join("\n"), /no train clip has emotion 'surprised', so its 1 test clips cannot be recognized/);
    assert.ok(!lines.join("\n").includes("emotion 'sad'"));
    const settings = { data, encoders: [], fineTune: null, seeds: [1], folds: 0, fineTuneFolds: false };
    const clips = own.map((clip) => ({ ...clip, split: clip.split as "train" | "test", transcript: "" }));
    const result = { clips, rows: [], classes: ["angry", "sad", "surprised"], folds: 0, encoderSteps: {} };
    const table = async (result: SerResult) => (await show("ser", { settings, result })).markdown;
    assert.match(
      await table(result),
      /speakers that are not all named.*over clips where the speaker is not named/s,
    );
    const named = { ...result, clips: clips.map((clip) => ({ ...clip, speaker: clip.emotion })) };
    assert.match(await table(named), /of 3 speakers.*Student's t over speakers, and over seeds/s);
  });
});

Deno.test("the split is the data set's; speakers are held out if they are named", () => {
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

Deno.test("statistics of states are those of each layer's columns", () => {
  const random = new Random(8);
  const states = Float32Array.from({ length: 5 * 6 }, () => 3 + random.normal()); // 5 frames, 3 layers, Z = 2
  const layers = stateStatistics(states, { width: 6, layers: 3 });
  for (const [layer, row] of layers.entries()) {
    assert.equal(row.length, 4);
    for (const z of [0, 1]) {
      const column = Array.from({ length: 5 }, (_, f) => states[6 * f + 2 * layer + z]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / 5;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
      assert.ok(Math.abs(row[z]! - mean) < 1e-6 && Math.abs(row[2 + z]! - Math.sqrt(variance)) < 1e-6);
    }
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
  const said = { system: "probe", encoder: "full", layer: null, protocol: "split", seed: null } as const;
  const answers = { ...said, l2: [1], chosenBy: null };
  const row = scoreRow({ ...answers, predictions }, clips, ["angry", "neutral", "sad"]);
  assert.equal(row.accuracy.value, 5 / 6);
  assert.equal(row.unweightedAverageRecall.value, (1 / 2 + 1) / 2);
  assert.deepEqual(row.confusion, [[1, 1, 0], [0, 4, 0], [0, 0, 0]]);
  assert.deepEqual(row.recall, { angry: 0.5, neutral: 1, sad: null });
  assert.deepEqual(row.bySpeaker, { "03": 1, "04": 2 / 3 });
  // Two speakers, one of them all right: with one degree of freedom nothing is known.
  assert.ok(row.accuracy.interval[0] < 0.01 && row.accuracy.interval[1] > 0.99);
  assert.throws(
    () => scoreRow({ ...answers, predictions: [{ id: "x", emotion: "sad" }] }, clips, ["sad"]),
    /'x'/,
  );
});

Deno.test("the number of folds is that of the speakers: reported, stored and printed", () =>
  inFolder(async (folder) => {
    const table = join(folder, "labels.csv");
    const rows = ["audio,emotion,speaker,split"];
    for (let i = 0; i < 16; i++) {
      const loud = i % 2 === 0;
      await Deno.writeFile(join(folder, `${i}.wav`), wav([swell(i, 0.3).map((v) => loud ? v : 0.1 * v)], 16000));
      rows.push(`${i}.wav,${loud ? "loud" : "soft"},s${i % 8 >> 1},${i % 8 < 4 ? "train" : "test"}`);
    }
    await Deno.writeTextFile(table, rows.join("\n"));
    const settings: SerSettings = {
      data: { dataset: "own", dataRoot: table, calm: "neutral", transcript: "heard" },
      encoders: [],
      fineTune: null,
      seeds: [1],
      folds: 50,
      fineTuneFolds: false,
    };
    const lines: string[] = [];
    const report = { ...silent, line: (line: string) => lines.push(line) };
    const result = await runSer(settings, { folder, report });
    assert.equal(result.folds, 4);
    assert.match(lines.join("\n"), /4 folds instead of 50, as the clips have only 4 speakers/);
    assert.match((await show("ser", { settings, result })).markdown, /Held-out speakers: 4 folds, all clips/);
    const { folds: _, ...old } = result; // results from before the number was stored
    const read = SER_SCHEMAS.result.safeParse(old);
    assert.equal(read.success && read.data.folds, 4);
  }));

/** Recordings of RAVDESS at 16 kHz. They are not part of this project. */

Deno.test("encoders with the same Whisper share the changed copies of clips, but not the texts", () =>
  inFolder(async (folder) => {
    const audio = join(folder, "a.wav"), whisper = lengthWhisper(`copies-${crypto.randomUUID().slice(0, 8)}`);
    await Deno.writeFile(audio, wav([swell(1, 0.3)], 16000));
    const clip: EmotionClip = { id: "a", audio, emotion: "sad", statement: "one", speaker: "01", split: "train" };
    const open = { rows: (text: string) => [[text.length]], whisper: whisper as unknown as WhisperModel };
    const copies: CopyStates = new Map(), found: Example[][] = [];
    for (const transcript of ["heard", "known"] as const) {
      const context = { folder, report: silent };
      await using prepared = await prepareClips(
        [clip],
        open,
        { config: sampleMoods() },
        { transcript, copies },
        context,
      );
      found.push(await prepared.changed(["a"], 2));
    }
    assert.equal(whisper.encoded, 2, "two copies, once");
    const [heard, known] = found.map((examples) => examples.map(({ states }) => states!.values()));
    assert.deepEqual(await Promise.all(heard!), await Promise.all(known!));
    assert.deepEqual(found.map(([first]) => first!.texts), [[["Length 4800".length]], [[3]]]);
    await Deno.remove(join("runs", "heard", `whisper-${whisper.key}-v3`), { recursive: true });
  }));

const REAL = "../shared/data/ravdess";
const present = await exists(REAL);
if (!present) console.log(`The test of emotion recognition on the published RAVDESS is skipped: there is no ${REAL}.`);

Deno.test({
  name: "on the published RAVDESS the baselines are where the method says, and a full model's probe hears moods",
  ignore: !present,
  async fn() {
    await inFolder(async (folder) => {
      const result = await runSer(
        {
          data: { dataset: "ravdess", dataRoot: REAL, calm: "neutral", transcript: "heard" },
          encoders: [{ name: "full", config: { ...sampleMoods(), backend: "wasm" }, path: null, trained: false }],
          fineTune: null,
          seeds: [1],
          folds: 0,
          fineTuneFolds: false,
        },
        { folder, report: silent },
      );
      const [majority, baseline, probe] = result.rows;
      assert.equal(baseline!.predictions.length, 216);
      assert.equal(majority!.accuracy.value, 72 / 216); // 0.333, the paper's PIP-only
      assert.ok(Math.abs(baseline!.accuracy.value - 0.63) < 0.04, `log-mel: ${baseline!.accuracy.value}`);
      assert.ok(probe!.accuracy.value > 0.5, `probe: ${probe!.accuracy.value}`);
    });
  },
});
