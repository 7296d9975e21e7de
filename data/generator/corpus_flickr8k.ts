/**
 * Writes pictures and spoken captions in the layout of Flickr8k with the Flickr Audio Caption Corpus.
 *
 * @module
 */
import { join } from "@std/path";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { makeFiles, type MakeOptions, type PlannedFile } from "./corpus_files.ts";
import { type PlannedPicture, type PlannedSplit, seedFor } from "./corpus_plan.ts";
import { picture } from "./corpus_pictures.ts";
import { recipeFor, record } from "./recording.ts";
import { VOICES } from "./voices.ts";

/**
 * Writes `Images/`, `Flickr8k.token.txt`, `Flickr_8k.{train,dev,test}Images.txt`, `flickr_audio/wavs/` and
 * `flickr_audio/{wav2capt,wav2spk}.txt`; the recordings are Opus files and are listed as such.
 */
export async function writeFlickr8k(
  pictures: readonly PlannedPicture[],
  seed: number,
  options: MakeOptions,
): Promise<void> {
  const files: PlannedFile[] = [];
  const tokens: string[] = [], captions: string[] = [], speakers: string[] = [];
  const splits: Record<PlannedSplit, string[]> = { train: [], dev: [], test: [] };
  for (const planned of pictures) {
    const name = nameOf(planned, seed);
    splits[planned.split].push(`${name}.jpg`);
    files.push(picture(planned, [`Images/${name}.jpg`], "flickr8k", seed));
    planned.captions.forEach((text, i) => {
      const recipe = recipeFor(text, planned.split, `${seed}:flickr8k:${planned.id}:${i}`);
      files.push({ paths: [`flickr_audio/wavs/${name}_${i}.opus`], recipe, make: () => record(recipe) });
      tokens.push(`${name}.jpg#${i}\t${text}`);
      captions.push(`${name}_${i}.opus ${name}.jpg #${i}`);
      speakers.push(`${name}_${i}.opus ${VOICES.findIndex((voice) => voice.name === recipe.voice.name) + 1}`);
    });
  }
  await makeFiles(files, options);
  const write = (path: string, lines: string[]) => writeAtomic(join(options.directory, path), lines.join("\n") + "\n");
  await write("Flickr8k.token.txt", tokens);
  await write("flickr_audio/wav2capt.txt", captions);
  await write("flickr_audio/wav2spk.txt", speakers);
  for (const [split, names] of Object.entries(splits)) await write(`Flickr_8k.${split}Images.txt`, names);
}

/** A name as Flickr gives it: a number of ten digits and ten hexadecimal ones. */
function nameOf({ id }: PlannedPicture, seed: number): string {
  const letters = seedFor(seed, "flickr8k name", id).toString(16).padStart(8, "0");
  return `${1_000_000_000 + 3571 * id}_${letters}${(id % 256).toString(16).padStart(2, "0")}`;
}
