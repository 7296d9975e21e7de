/** The demo: the test images of the bundled sample, and recordings that describe some of them. */
import { dirname } from "@std/path";
import { loadPairs } from "../data/load_pairs.ts";
import type { Pair } from "../data/pair.ts";
import type { Watch } from "../experiments/report.ts";
import { openIndex } from "../retrieval/index/open_index.ts";
import { loadBrewClip } from "../retrieval/load_brewclip.ts";
import { presetConfig } from "../training/presets.ts";
import type { Example } from "./page.ts";

/** The name of the demo's index. */
export const SAMPLE_INDEX = "bundled-sample";

const EXAMPLES = 8;

/**
 * Indexes the test images of the bundled sample, those that are not indexed yet.
 *
 * @param place the folder of the index
 */
export async function indexSample(place: string, { report, signal }: Watch): Promise<void> {
  const { clip, whisper } = presetConfig("sample-spokencoco");
  await using model = await loadBrewClip({ clip, whisper });
  await using index = await openIndex(place, { model, replace: true });
  let part: ReturnType<typeof report.progress> | undefined;
  const folders = new Set((await testPairs()).map(({ image }) => dirname(image)));
  await index.add([...folders], {
    ...(signal && { signal }),
    progress(done, total) {
      if (total === 0) return;
      part ??= report.progress("indexing the sample's test images", total, "image");
      part.update(done);
    },
  }).finally(() => part?.stop());
}

/** Recordings of different images, spread over the test split. */
export async function sampleExamples(): Promise<Example[]> {
  const images = [...Map.groupBy(await testPairs(), ({ imageId }) => imageId).values()];
  const step = Math.max(1, Math.floor(images.length / EXAMPLES));
  return images.filter((_, i) => i % step === 0).slice(0, EXAMPLES).map((recordings, i) => {
    const { audio, text } = recordings[i % recordings.length]!;
    return { path: audio, text };
  });
}

/** Short captions of the test images, each spoken. */
async function testPairs(): Promise<Pair[]> {
  const { dataset, dataRoot } = presetConfig("sample-spokencoco");
  return (await loadPairs(dataset, dataRoot)).filter(({ split }) => split === "test");
}
