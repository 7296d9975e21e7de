/**
 * The retrieval sets, in the layouts of Flickr8k, SpokenCOCO and Localized Narratives.
 *
 * @module
 */
import { join } from "@std/path";
import { cocoDev } from "../../lib/data/coco_splits.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { Random } from "../../lib/random.ts";
import { randomFrame, renderJpeg } from "./draw_scene.ts";
import { makeFiles, type MakeOptions, type PlannedFile, type PlannedSplit, seedFor } from "./make_files.ts";
import type { PlannedPicture } from "./plan.ts";
import { sceneKey } from "./scene.ts";
import { NARRATION_SPEECH, opusSeconds, type Recipe, recipeFor, record, VOICES } from "./synthesize.ts";

/** Shorter side in pixels and JPEG quality of every shipped image. */
const PICTURE = { short: 120, quality: 80 };

/** The files of a planned image. */
function picture({ id, scene }: PlannedPicture, paths: string[], set: "flickr8k" | "coco", seed: number): PlannedFile {
  const drawing = seedFor(seed, "drawing", set, id);
  const options = { ...randomFrame(new Random(`frame ${drawing}`), PICTURE.short), quality: PICTURE.quality };
  return {
    paths,
    recipe: { scene: sceneKey(scene), drawing, ...options },
    make: () => renderJpeg(scene, drawing, options),
  };
}

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

/** Recordings in one numbered folder of SpokenCOCO. */
const FOLDER_SIZE = 500;
/** Files that the train narratives are spread over. */
const SHARDS = 4;

/** An entry of SpokenCOCO's index. */
interface SpokenPicture {
  image: string;
  captions: { text: string; speaker: string; uttid: string; wav: string }[];
}

/** A line of Localized Narratives; without traces, which nobody drew. */
interface Narrative {
  dataset_id: string;
  image_id: string;
  annotator_id: number;
  caption: string;
  timed_caption: { utterance: string; start_time: number; end_time: number }[];
  traces: { x: number; y: number; t: number }[][];
  voice_recording: string;
}

/**
 * Writes the images as `train2014/`, `val2014/` and `train2017/`, `val2017/`; `SpokenCOCO_{train,val}.json` with
 * `wavs/`; `coco_train_localized_narratives-0000N-of-00004.jsonl`, `coco_val_localized_narratives.jsonl` with
 * `coco_train/`, `coco_val/`. The val part of each is the test split of this project.
 */
export async function writeCoco(
  pictures: readonly PlannedPicture[],
  seed: number,
  options: MakeOptions,
): Promise<void> {
  const files: PlannedFile[] = [];
  const spoken: Record<"train" | "val", SpokenPicture[]> = { train: [], val: [] };
  const narrated: { part: "train" | "val"; path: string; recipe: Recipe; id: number }[] = [];
  const dev = cocoDev(pictures.filter(({ split }) => split === "train").map(({ id }) => String(id)));
  for (const planned of pictures) {
    const split = dev.has(String(planned.id)) ? "dev" : planned.split;
    const part = planned.split === "test" ? "val" : "train";
    const number = String(planned.id).padStart(12, "0");
    const image = `${part}2014/COCO_${part}2014_${number}.jpg`;
    const images = planned.captions.length === 0 ? [] : [image];
    files.push(picture(planned, [...images, `${part}2017/${number}.jpg`], "coco", seed));
    const entry: SpokenPicture = { image, captions: [] };
    planned.captions.forEach((text, i) => {
      const recipe = recipeFor(text, split, `${seed}:coco:${planned.id}:${i}`);
      const speaker = recipe.voice.name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
      const uttid = `${speaker}-${seedFor(seed, "task", planned.id, i).toString(36)}_${planned.id}_${
        planned.id * 5 + i
      }`;
      const folder = Math.floor((spoken[part].length * planned.captions.length) / FOLDER_SIZE);
      const wav = `wavs/${part}/${folder}/${uttid}.opus`;
      files.push({ paths: [wav], recipe, make: () => record(recipe) });
      entry.captions.push({ text, speaker, uttid, wav });
    });
    if (entry.captions.length > 0) spoken[part].push(entry);
    if (planned.narration === undefined) continue;
    const recipe = recipeFor(planned.narration, split, `${seed}:coco:${planned.id}:narration`, NARRATION_SPEECH);
    const path = `coco_${part}/coco_${part}_${planned.id}_${annotator(recipe)}.ogg`;
    files.push({ paths: [path], recipe, make: () => record(recipe) });
    narrated.push({ part, path, recipe, id: planned.id });
  }
  await makeFiles(files, options);

  const { directory } = options;
  for (const part of ["train", "val"] as const) {
    await writeAtomic(join(directory, `SpokenCOCO_${part}.json`), JSON.stringify({ data: spoken[part] }) + "\n");
  }
  const lines: Record<"train" | "val", string[]> = { train: [], val: [] };
  for (const { part, path, recipe, id } of narrated) {
    const seconds = opusSeconds(await Deno.readFile(join(directory, path)));
    const narrative: Narrative = {
      dataset_id: `mscoco_${part}2017`,
      image_id: String(id),
      annotator_id: annotator(recipe),
      caption: recipe.text,
      timed_caption: timed(recipe.text, seconds),
      traces: [],
      voice_recording: path,
    };
    lines[part].push(JSON.stringify(narrative));
  }
  const write = (name: string, part: string[]) =>
    writeAtomic(join(directory, name), part.map((l) => l + "\n").join(""));
  await write("coco_val_localized_narratives.jsonl", lines.val);
  for (let shard = 0; shard < SHARDS; shard++) {
    const part = lines.train.filter((_, i) => i % SHARDS === shard);
    await write(`coco_train_localized_narratives-0000${shard}-of-0000${SHARDS}.jsonl`, part);
  }
}

/** The voice's number, as Localized Narratives numbers who speaks. */
function annotator(recipe: Recipe): number {
  return VOICES.findIndex((voice) => voice.name === recipe.voice.name) + 1;
}

/** The clauses with times in proportion to their letters: an estimate, as espeak-ng does not print times. */
function timed(text: string, seconds: number): Narrative["timed_caption"] {
  const clauses = text.split(/(?<=,) /);
  const perLetter = seconds / (text.length + 1);
  let letters = 0;
  return clauses.map((utterance) => {
    const start = letters;
    letters += utterance.length + 1;
    const round = (time: number) => Math.round(time * perLetter * 100) / 100;
    return { utterance, start_time: round(start), end_time: round(letters) };
  });
}
