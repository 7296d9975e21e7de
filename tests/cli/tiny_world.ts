/** A whole small world for tests of the command line: pictures, recordings, a CLIP and a Whisper of random weights. */
import { join } from "@std/path";
import sharp from "sharp";
import { initializeClip } from "../../lib/clip/clip.ts";
import { saveClip } from "../../data/generator/save_clip.ts";
import { trainBpe } from "../../data/generator/bpe.ts";
import { clipTokenizerFiles, writeJsonFiles } from "../../data/generator/whisper_directory.ts";
import { Random } from "../../lib/random.ts";
import { wav } from "../audio/wav.ts";
import { randomWhisper, swell } from "../whisper/random_whisper.ts";
import { temporaryFolder } from "../temporary.ts";

/** Where the parts stand, and the options that name them. */
export interface TinyWorld {
  root: string;
  clip: string;
  whisper: string;
  /** `--preset sample --data-root ... --clip ... --whisper ...` and a few fast settings. */
  options: string[];
}

const COLOURS = ["red", "green", "blue", "yellow", "black", "white"];

/**
 * Makes the world in a temporary folder.
 *
 * @param counts pictures of train (of which 12 % become dev) and of test
 */
export async function tinyWorld(counts: { train: number; test: number } = { train: 34, test: 8 }): Promise<TinyWorld> {
  const folder = await temporaryFolder("brewclip-world-");
  const root = join(folder, "data");
  const random = new Random(5);
  for (
    const [part, count, shard, first] of [
      ["train", counts.train, "coco_train_localized_narratives-00000-of-00004.jsonl", 100],
      ["val", counts.test, "coco_val_localized_narratives.jsonl", 500],
    ] as const
  ) {
    await Deno.mkdir(join(root, `${part}2017`), { recursive: true });
    await Deno.mkdir(join(root, `coco_${part}`), { recursive: true });
    const lines: string[] = [];
    for (let i = 0; i < count; i++) {
      const id = String(first + i);
      const rgb = { r: random.integer(256), g: random.integer(256), b: random.integer(256) };
      const image = join(root, `${part}2017`, `${id.padStart(12, "0")}.jpg`);
      await sharp({ create: { width: 24, height: 24, channels: 3, background: rgb } }).jpeg().toFile(image);
      const recording = `coco_${part}/coco_${part}_${id}_1.ogg`;
      await Deno.writeFile(join(root, recording), wav([swell(first + i, 0.6 + 0.4 * random.next())], 16000));
      const caption = `a ${random.choice(COLOURS)} dog and a ${random.choice(COLOURS)} cat`;
      const entry = {
        dataset_id: `mscoco_${part}2017`,
        image_id: id,
        annotator_id: 1,
        caption,
        voice_recording: recording,
      };
      lines.push(JSON.stringify(entry));
    }
    await Deno.writeTextFile(join(root, shard), `${lines.join("\n")}\n`);
  }
  const clip = join(folder, "clip");
  await tinyClip(clip);
  const whisper = await randomWhisper();
  // Content of its own, so that its key and with it its store are no other world's: test files run side by side.
  const config = join(whisper, "config.json");
  const words = JSON.parse(await Deno.readTextFile(config));
  await Deno.writeTextFile(config, JSON.stringify({ ...words, _name_or_path: crypto.randomUUID() }));
  const options = ["--data-root", root, "--clip", clip, "--whisper", whisper, "--backend", "wasm", "--batch-size", "8"];
  return { root, clip, whisper, options };
}

async function tinyClip(folder: string): Promise<void> {
  const texts = COLOURS.map((colour) => `a ${colour} dog and a ${colour} cat`);
  const bpe = trainBpe(texts, { style: "clip", merges: 30 });
  const vocabulary = Object.keys(bpe.vocab).length + 2;
  const tower = { width: 16, feedforward: 32, layers: 2, heads: 2, activation: "quick_gelu" as const, epsilon: 1e-5 };
  const model = initializeClip({
    text: { ...tower, vocabulary, positions: 24, bos: vocabulary - 2, eos: vocabulary - 1, pad: vocabulary - 1 },
    vision: { ...tower, imageSize: 16, patchSize: 8, channels: 3 },
    projection: 12,
  }, 1);
  await saveClip(model, folder);
  model.dispose();
  await writeJsonFiles(folder, clipTokenizerFiles(bpe, 24));
}
