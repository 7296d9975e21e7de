import assert from "node:assert/strict";
import type { AttentionResult } from "../../lib/experiments/attention/experiment.ts";
import type { CropResult } from "../../lib/experiments/crop/experiment.ts";
import type { GalleryResult } from "../../lib/experiments/gallery/experiment.ts";
import type { SpaceResult } from "../../lib/experiments/space/experiment.ts";
import { listWords } from "../../lib/report/figures/captions.ts";
import { scoreRow } from "../../lib/experiments/ser/run.ts";
import type { SerClip, SerResult, SerRow } from "../../lib/experiments/ser/results.ts";
import { compareRows } from "../../lib/experiments/comparisons.ts";
import type { TrialResult } from "../../lib/experiments/results.ts";
import { mostErrors } from "../../lib/experiments/transcribe_split.ts";
import type { ToneResult } from "../../lib/experiments/tone/experiment.ts";
import { corpusErrors, werRegression } from "../../lib/experiments/wer_analysis.ts";
import type { WerResult } from "../../lib/experiments/wer.ts";
import {
  attentionFindings,
  cropFindings,
  crossFindings,
  differenceWords,
  galleryFindings,
  percentWords,
  serFindings,
  spaceFindings,
  toneFindings,
  transcriptionFindings,
  variantFindings,
  verdict,
  werFindings,
} from "../../lib/report/findings.ts";
import { accuracyDifference } from "../../lib/report/ser_accuracy.ts";
import { transcriptionFigure } from "../../lib/report/figures/word_errors.ts";
import { transcriptionTable } from "../../lib/report/tables/word_errors.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";
import { compareEntry, preset, queries, row, zeroShotEntry } from "./made.ts";

Deno.test("two systems are distinguishable if 0 is outside the interval, not if the interval touches 0", () => {
  assert.equal(verdict({ points: 1, interval: [0.1, 2] }), "higher");
  assert.equal(verdict({ points: -1, interval: [-2, -0.1] }), "lower");
  for (const interval of [[-1, 1], [0, 5], [-5, 0], [0, 0]] as const) {
    assert.equal(verdict({ points: 0, interval }), "not distinguishable");
  }
  // In a family of comparisons the corrected p decides.
  assert.equal(verdict({ points: 1, interval: [0.1, 2], p: 0.2 }), "not distinguishable");
  assert.equal(verdict({ points: -1, interval: [-2, 0.1], p: 0.04 }), "lower");
  assert.equal(differenceWords({ points: -9.14, interval: [-16.4, -1.8] }), "-9.1 points [-16.4, -1.8]: **lower**");
  assert.equal(
    differenceWords({ points: 21.8, interval: [10.9, 32.7], p: 0.0004 }),
    "+21.8 points [+10.9, +32.7], corrected p < 0.001: **higher**",
  );
  assert.equal(percentWords(42.66, [30, 50.04]), "42.7 % [30.0, 50.0]");
  assert.equal(percentWords(25), "25.0 %");
  assert.deepEqual([listWords([]), listWords(["a"]), listWords(["a", "b", "c"])], ["", "a", "a, b and c"]);
});

Deno.test("zero-shot and variants: every recall and every difference is in the text", () => {
  const zeroShot = variantFindings(zeroShotEntry().file.result as TrialResult);
  assert.equal(zeroShot.split("\n").length, 4, "two sets, each with a comparison");
  assert.match(
    zeroShot,
    /^- \*\*flickr8k\*\* \(10 recordings, 10 images\), R@1: zero-shot \(transcript\) 40\.0 % \[/,
  );
  assert.match(
    zeroShot,
    /zero-shot \(written caption\) minus zero-shot \(transcript\) on ln-coco, R@1: speech to image \+20\.0 points/,
  );
  const compared = variantFindings(compareEntry().file.result as TrialResult);
  assert.match(
    compared,
    /BrewCLIP \(full\) 80\.0 % \[[^\]]+\] speech to image, 50\.0 %/,
    "the mean over seeds 7 and 9",
  );
  assert.match(
    compared,
    /BrewCLIP \(full\) minus zero-shot \(transcript\) .* \+50\.0 points \[[^\]]+\], corrected p [^:]+: \*\*/,
  );
});

Deno.test("cross: a model from other data is compared with the model of the test set's own data", () => {
  const [here, there] = [preset("sample-ln-coco"), preset("sample-flickr8k")];
  const home = row("ln-coco", "ln-coco", { s2i: 8, i2s: 8 }), guest = row("flickr8k", "ln-coco", { s2i: 0, i2s: 8 });
  const result: TrialResult = {
    tests: [queries(here), queries(there)],
    rows: [
      home,
      guest,
      row("ln-coco", "flickr8k", { s2i: 5, i2s: 5 }),
      row("flickr8k", "flickr8k", { s2i: 5, i2s: 5 }),
    ],
    comparisons: [compareRows([guest], [home])],
  };
  const text = crossFindings(result);
  assert.match(text, /- Tested on \*\*ln-coco\*\* .* R@5: trained there 80\.0 %/);
  assert.match(
    text,
    /- Trained on flickr8k instead: speech to image -80\.0 points .*\*\*lower\*\*; image to speech \+0\.0 points .*\*\*not distinguishable\*\*/,
  );
});

Deno.test("word errors: falling recall, an undecided slope, and no regression at all", () => {
  const finding = (wer: number[], hit: number[]): WerResult => ({
    of: {
      dataset: "ln-coco",
      split: "test",
      variant: "full",
      trained: true,
      step: 9,
      images: 5,
      recordings: wer.length,
      withoutCaption: 0,
    },
    findings: [{
      normaliser: "english",
      recordings: wer.length,
      hits: hit.filter((value) => value === 1).length,
      withoutWords: 0,
      points: { wer, hit },
      ...werRegression({ wer, hit }),
    }],
  });
  const many = <T>(values: T[]): T[] => Array.from({ length: 30 }, () => values).flat();
  const falls = werFindings(finding(many([0, 0, 0, 0.5, 0.5, 0.5]), many([1, 1, 0, 0, 0, 1])));
  assert.match(falls, /BrewCLIP \(full\) on \*\*ln-coco\*\* \(test, 5 images\): 90 of 180 recordings/);
  // ln(2 / 1) at 0 and ln(1 / 2) at 0.5: slope -2 ln 4 = -2.77.
  assert.match(falls, /Slope of the logistic regression -2\.77 .*p < 0\.001\): \*\*recall falls\*\*/);
  assert.match(falls, /multiply the odds of a hit by 0\.76 \[/);
  assert.match(falls, /without an error 66\.7 % \[[^\]]+\] \(90\); up to 50 % 33\.3 %/);
  assert.match(werFindings(finding([0, 0.5, 0, 0.5], [1, 0, 0, 1])), /\*\*not distinguishable\*\* from no effect/);
  assert.match(werFindings(finding([0, 0, 0.5, 0.5], [1, 1, 0, 0])), /No regression: .*separates/);
});

const CLIPS: SerClip[] = Array.from({ length: 12 }, (_, i) => ({
  id: `c${i}`,
  speaker: `s${Math.floor(i / 2) % 3}`,
  emotion: i % 2 === 0 ? "happy" : "sad",
  split: "test",
  transcript: "",
}));

Deno.test("emotions: systems are compared clip by clip, with speakers as what is drawn", () => {
  const said = (system: "majority" | "log-mel" | "probe", encoder: string | null, mood: (clip: SerClip) => string) =>
    scoreRow(
      {
        system,
        encoder,
        layer: null,
        protocol: "split",
        seed: null,
        l2: null,
        chosenBy: null,
        predictions: CLIPS.map((clip) => ({ id: clip.id, emotion: mood(clip) })),
      },
      CLIPS,
      ["happy", "sad"],
    );
  const majority = said("majority", null, () => "happy"), perfect = said("probe", "full", ({ emotion }) => emotion);
  // Three speakers that all gain the same are no certainty: Wilson's interval of three.
  const sure = accuracyDifference([perfect], [majority], CLIPS);
  assert.deepEqual([sure.difference, sure.p], [50, 0.25]);
  assert.ok(sure.interval[0] > 0 && sure.interval[0] < 20 && sure.interval[1] > 80, `${sure.interval}`);
  const none = accuracyDifference([majority], [majority], CLIPS);
  assert.deepEqual([none.difference, none.p, none.interval[0]], [0, 1, -none.interval[1]]);
  assert.ok(none.interval[1] > 50, `${none.interval}`);
  const oneSpeaker = said("probe", "pip", ({ emotion, speaker }) => speaker === "s0" ? emotion : "happy");
  const { difference, interval, p } = accuracyDifference([oneSpeaker], [majority], CLIPS);
  assert.ok(Math.abs(difference - 50 / 3) < 1e-9);
  // A t test of 50, 0 and 0: error 16.67, t 1, 2 degrees.
  assert.ok(Math.abs(p - 0.42265) < 1e-4 && Math.abs(interval[0] - (50 / 3 - 4.30265 * 50 / 3)) < 1e-3, `${interval}`);
  const result: SerResult = {
    classes: ["happy", "sad"],
    clips: CLIPS,
    folds: 0,
    encoderSteps: {},
    rows: [majority, perfect],
  };
  const text = serFindings(result);
  assert.match(
    text,
    /Accuracy on 12 test clips of 3 speakers, 2 emotions: majority class 50\.0 % .*; full, linear probe 100\.0 % \[43\.9, 100\.0\]\./,
  );
  assert.match(
    text,
    /full, linear probe, compared with majority class \+50\.0 points \[[^\]]+\], corrected p 0\.250: \*\*not distinguishable\*\*\./,
  );
  const states = [0.7, 0.9, 0.8].map((accuracy, layer): SerRow => ({
    ...(layer === 0 ? perfect : majority),
    system: "states",
    encoder: null,
    layer,
    chosenBy: [accuracy],
  }));
  const withStates = serFindings({ ...result, rows: [majority, ...states, perfect] });
  assert.match(
    withStates,
    /cross-validation over train speakers chooses 1; layer 0 is the best on the test speakers\./,
  );
  assert.match(
    withStates,
    /compared with majority class .*; with Whisper's layer 0, logistic .*; with Whisper's layer 1, logistic/,
  );
  assert.ok(!/compared with.*Whisper's layer 2/.test(withStates));
  const fewer = { ...majority, predictions: majority.predictions.slice(1) };
  assert.throws(() => accuracyDifference([perfect], [fewer], CLIPS), /same clips/);
});

Deno.test("tone: above a guess only where the whole interval is", () => {
  const recall = (value: number, low: number, high: number) => ({
    "R@1": value,
    interval: [low, high] as [number, number],
  });
  const twins = { speech2image: recall(60, 50, 70), image2speech: recall(27, 24, 30) };
  const queries: unknown[] = [];
  const scores = {
    groups: 40,
    chance: 25,
    twins,
    recall: twins,
    queries,
  } as unknown as ToneResult["rows"][number]["scores"];
  const text = toneFindings({ rows: [{ variant: "full", seed: 3, condition: "flat", scores }] });
  assert.match(text, /BrewCLIP \(full\) \(seed 3\) with flattened prosody, 40 groups/);
  assert.match(
    text,
    /speech to image 60\.0 % \[50\.0, 70\.0\], \*\*above\*\* chance; image to speech 27\.0 % .*\*\*not distinguishable from\*\* chance/,
  );
});

Deno.test("single queries: ranks, strongest words and sounds, and that square images cannot show the cost of a crop", () => {
  const recall = { speech2image: { "R@1": 30 }, intervals: { speech2image: { "R@1": [20, 40] } } };
  const gallery = {
    of: { dataset: "ln-coco", pictures: 9 },
    models: [{ name: "A", recall }],
    queries: [{ answers: [{ rank: 1 }] }, { answers: [{ rank: 7 }] }],
  } as unknown as GalleryResult;
  assert.match(
    galleryFindings(gallery),
    /A: 1 of the 2 queries shown have .* \(ranks 1, 7\)\. On all 9 images of ln-coco, .* 30\.0 % \[20\.0, 40\.0\]/,
  );

  const words = ["a", "red,", "dog", "cut"].map((word, i) => ({ word, relevance: [0.1, 0.5, -1, null][i]! }));
  const sound = { relevance: [0, -3, 0, 2], framesPerSecond: 50 };
  const map = { id: "x", rank: 2, similarity: 0.314, text: { words }, sound };
  const maps = [map, { ...map, text: null, sound: { ...sound, relevance: [0, -1] } }];
  const [first, second] = attentionFindings({ maps } as unknown as AttentionResult).split("\n");
  assert.match(
    first!,
    /x \(rank 2, similarity 0\.31\): the words “red” and “a” contribute most .* at 0\.1 s, and 100\.0 %/,
  );
  assert.match(second!, /: no part of the sound contributes\./);

  const place = {
    name: "A",
    pairDistance: 0.6,
    otherDistance: 1.2,
    modalityGap: 0.345,
    tsne: { trustworthiness: 0.9 },
  };
  const space = { of: { dataset: "ln-coco", pictures: 9 }, models: [place] } as unknown as SpaceResult;
  assert.match(
    spaceFindings(space),
    /0\.60 between an image and its recording, 1\.20 between .* \(ratio 0\.50\), and 0\.34 .* of 0\.90\./,
  );

  const gain = { "R@1": { points: 0, interval: [0, 0] } };
  const square = {
    of: { pictures: 4, notSquare: 0 },
    gain: { speech2image: gain, image2speech: gain },
    queries: [{ loss: 0 }, { loss: 2 }, { loss: -1 }],
  } as unknown as CropResult;
  const crop = cropFindings(square);
  assert.match(crop, /0 of 4 images are not square.*cannot be measured/);
  assert.match(crop, /1 of 3 queries/);
  assert.doesNotMatch(cropFindings({ ...square, of: { ...square.of, notSquare: 2 } }), /cannot be measured/);
});

Deno.test("transcripts: rates, kinds of errors and the worst recordings, against counting by hand", () => {
  const spoken = [["a red dog", "a red dog"], ["two cats sit", "two hats sit down"], ["a long blue boat", "a boat"]];
  const recordings = spoken.map(([reference, transcript], i) => ({
    id: String(i),
    audio: `${i}.wav`,
    image: `${i}.jpg`,
    seconds: 30,
    reference: reference!,
    transcript: transcript!,
    errors: wordErrors(reference!, transcript!),
  }));
  const split = {
    dataset: "ln-coco",
    split: "test" as const,
    recordings,
    corpus: corpusErrors(recordings.map(({ errors }) => errors)),
  };
  // 10 words; "hats", "down" added, "long blue" missing.
  assert.match(
    transcriptionFindings([split]),
    /3 recordings with 10 written words\. Word error rate 40\.0 % .*: substituted words 1, missed 2, added 1\. Without an error: 1 recordings \(33\.3 %\)/,
  );
  assert.deepEqual(mostErrors(recordings, 2).map(({ id }) => id), ["1", "2"]);
  const { rows, columns } = transcriptionTable([split]);
  assert.deepEqual(rows[0]!.slice(0, 8), ["ln-coco", "test", "3", "1.5", "10", "10.0", "20.0", "10.0"]);
  assert.equal(rows[0]!.length, columns.length);
  const figure = transcriptionFigure([split]);
  assert.deepEqual(figure.data.slice(0, 3).map(({ x }) => (x as number[])[0]), [10, 20, 10]);
  assert.deepEqual(figure.data[3]!.x, [40]);
  assert.match(figure.caption, /3 recordings/);
});
