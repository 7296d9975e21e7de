/** Some of the bundled images and recordings as somebody's own pairs. */
import { join } from "@std/path";
import { ROOT } from "../cli/run.ts";
import { loadFlickr8k } from "../../lib/data/flickr8k.ts";

/** The bundled models. */
export const SAMPLE_MODELS = { clip: "data/models/clip-tiny-sample", whisper: "data/models/whisper-tiny-sample" };

/** A list of pairs and its rows with absolute paths. */
export interface SamplePairs {
  list: string;
  rows: { image: string; audio: string; text: string }[];
}

/** Copies so many pairs with their images, one recording each, into a folder; the splits are dev, test and train. */
export async function samplePairs(folder: string, count: number): Promise<SamplePairs> {
  const all = await loadFlickr8k(join(ROOT, "data/sample/flickr8k"));
  const chosen = [...new Map(all.map((pair) => [pair.imageId, pair])).values()].slice(0, count);
  const lines: string[] = [];
  const rows: SamplePairs["rows"] = [];
  for (const [i, { image, audio, text }] of chosen.entries()) {
    const [imageName, audioName] = [`${i}.jpg`, `${i}.opus`];
    await Deno.copyFile(image, join(folder, imageName));
    await Deno.copyFile(audio, join(folder, audioName));
    const split = i === 0 ? "dev" : i === 1 ? "test" : "train";
    lines.push(JSON.stringify({ image: imageName, audio: audioName, text, split }));
    rows.push({ image: join(folder, imageName), audio: join(folder, audioName), text });
  }
  const list = join(folder, "pairs.jsonl");
  await Deno.writeTextFile(list, `${lines.join("\n")}\n`);
  return { list, rows };
}
