import assert from "node:assert/strict";
import type { TonePair } from "../../lib/data/own_data.ts";
import type { SplitFeatures } from "../../lib/experiments/evaluate.ts";
import { scoreTone } from "../../lib/experiments/tone/run.ts";
import { TONE_SCHEMAS, type ToneSettings } from "../../lib/experiments/tone/experiment.ts";
import { present } from "../../lib/report/present.ts";
import { readExperiment, writeExperiment } from "../../lib/experiments/experiment.ts";
import { sampleTone } from "../../lib/training/presets.ts";
import { inFolder } from "../helpers.ts";

const EMOTIONS = ["neutral", "happy"];

/** Two groups of two twins; pictures are axes, of which the second pair of groups lies far off. */
const pairs = ["a", "b"].flatMap((group) =>
  EMOTIONS.map((emotion): TonePair => ({
    id: `${group}-${emotion}`,
    imageId: `${group}-${emotion}.jpg`,
    image: "",
    audio: "",
    text: group,
    speaker: "",
    split: "test",
    emotion,
    group,
  }))
);

function features(speech: number[][]): SplitFeatures {
  return {
    images: new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    imageIds: pairs.map(({ imageId }) => imageId),
    speech: new Float32Array(speech.flat()),
    speechImageIds: pairs.map(({ imageId }) => imageId),
    ids: pairs.map(({ id }) => id),
    width: 4,
  };
}

Deno.test("twins are ranked within their group, whatever is nearer outside of it", () => {
  const scores = scoreTone(
    features([
      [0.6, 0.5, 0.7, 0], // right among its twins, second of all
      [0.9, 0.1, 0, 0], // takes the neutral twin for its own
      [0, 0, 1, 0],
      [0, 0, 0.3, 0.8],
    ]),
    pairs,
  );
  assert.equal(scores.twins.speech2image["R@1"], 75);
  assert.deepEqual(scores.confusion, [[2, 0], [1, 1]]);
  assert.deepEqual(scores.queries.map(({ twinRank }) => twinRank), [1, 2, 1, 1]);
  assert.deepEqual(scores.queries.map(({ rank }) => rank), [2, 2, 1, 1]);
  assert.equal(scores.recall.speech2image["R@1"], 50);
  assert.deepEqual([scores.groups, scores.recordings, scores.chance], [2, 4, 50]);
  // A picture asks for its recording among those of its twins: each picture of group a is nearer to the other's.
  assert.equal(scores.twins.image2speech["R@1"], 50);
  const [low, high] = scores.twins.speech2image.interval; // two groups, one of them all right: nothing is known
  assert.ok(low < 1 && high > 99, `${low} ${high}`);
});

/** Features of some of the pairs only. */
function some(places: number[]): SplitFeatures {
  const { speech, ids, speechImageIds, ...rest } = features([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]);
  return {
    ...rest,
    speech: new Float32Array(places.flatMap((place) => [...speech.subarray(4 * place, 4 * place + 4)])),
    ids: places.map((place) => ids[place]!),
    speechImageIds: places.map((place) => speechImageIds[place]!),
  };
}

Deno.test("a group with a missing twin is skipped, with its images", () => {
  const scores = scoreTone(some([3, 1, 0]), pairs);
  assert.deepEqual([scores.groups, scores.recordings, scores.chance], [1, 2, 50]);
  assert.deepEqual(scores.queries.map(({ id }) => id), [pairs[1]!.id, pairs[0]!.id]);
  assert.deepEqual(scores.queries.map(({ rank }) => rank), [1, 1]);
  assert.equal(scores.twins.speech2image["R@1"], 100);
  assert.equal(scores.twins.image2speech["R@1"], 100);
});

Deno.test("a benchmark without a complete group is refused", () => {
  assert.throws(
    () => scoreTone(some([0, 2]), pairs),
    /a usable pair for each emotion \(neutral, happy\): none of 2 groups has/,
  );
});

Deno.test("the table has a row a variant and condition, and the file comes back as it was", async () => {
  const scores = scoreTone(features([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), pairs);
  const settings: ToneSettings = { config: sampleTone(), variants: ["full"], seeds: [1, 2] };
  const rows = [1, 2].map((seed) => ({ variant: "full" as const, seed, condition: "spoken" as const, scores }));
  const table = async (seeds: number[]) =>
    (await present("tone", { settings: { ...settings, seeds }, result: { rows: rows.slice(0, seeds.length) } }))
      .markdown;
  assert.match(await table([1, 2]), /BrewCLIP \(full\) *\| as spoken *\| 100\.0 ± 0\.0/);
  assert.match(await table([1]), /100\.0 \[34\.2, 100\.0\]/); // all groups agree: Wilson of 2 of 2
  await inFolder(async (folder) => {
    const path = await writeExperiment(folder, { experiment: "tone", settings, result: { rows } }, "");
    assert.deepEqual((await readExperiment(path, "tone", TONE_SCHEMAS)).result, { rows });
  });
});
