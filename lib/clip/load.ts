/** CLIP from a folder in Hugging Face's layout. */
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors.ts";
import { exists } from "../files/read.ts";
import { openSafetensors, type SafetensorsFile } from "../files/safetensors.ts";
import { type Clip, clipOf, clipShapes } from "./clip.ts";
import { type ClipConfig, readClipConfig } from "./config.ts";

/** Buffers that older versions of transformers stored with the weights: 0, 1, 2, ... */
const BUFFER = /\.position_ids$/;

/** The towers, each with its projection; the temperature is in the vision tower. */
export type Tower = "text" | "vision";

const towerOf = (name: string): Tower => name.startsWith("text") ? "text" : "vision";

/**
 * Loads a frozen CLIP from `config.json` and `model.safetensors` (or `model.safetensors.index.json` with its shards).
 *
 * @param towers what to load now; {@link loadTower} adds another. Default both.
 * @throws {InputError} if a file is missing or malformed, or a tensor is missing, extra or misshapen; names it.
 */
export async function loadClip(
  directory: string,
  towers: readonly ("text" | "vision")[] = ["text", "vision"],
): Promise<Clip> {
  const clip = clipOf(await readClipConfig(directory), new Map());
  try {
    for (const tower of towers) await loadTower(clip, directory, tower);
  } catch (error) {
    clip.dispose();
    throw error;
  }
  return clip;
}

/**
 * Adds the weights of a tower to a CLIP of the same directory. It reads tensors one by one, so that memory never holds the
 * model twice.
 *
 * @throws {InputError} as {@link loadClip} does, also if the fault is in the other tower.
 */
export async function loadTower({ config, weights }: Clip, directory: string, tower: Tower): Promise<void> {
  const single = join(directory, "model.safetensors");
  const index = `${single}.index.json`;
  const path = !await exists(single) && await exists(index) ? index : single;
  const file = await openSafetensors(path);
  checkEntries(file, config, path);
  for (const [name, shape] of clipShapes(config)) {
    if (towerOf(name) !== tower || weights.has(name)) continue;
    const { data, dtype } = await file.read(name);
    if (!(data instanceof Float32Array)) {
      throw new InputError(
        `Cannot use tensor '${name}' of '${path}' as its element type is ${dtype}: expected F32, F16 or BF16.`,
      );
    }
    weights.set(name, tf.tensor(data, shape));
  }
}

function checkEntries({ entries }: SafetensorsFile, config: ClipConfig, path: string): void {
  const shapes = clipShapes(config);
  const wrong = (name: string, why: string) =>
    new InputError(`Cannot load CLIP from '${path}' as tensor '${name}' ${why}.`);
  for (const [name, shape] of shapes) {
    const found = entries.get(name)?.shape;
    if (found === undefined) throw wrong(name, "is missing: config.json asks for it");
    if (found.join() === shape.join() || shape.length === 0 && found.join() === "1") continue;
    throw wrong(name, `has the shape [${found}]: config.json asks for [${shape}]`);
  }
  for (const name of entries.keys()) {
    if (!shapes.has(name) && !BUFFER.test(name)) throw wrong(name, "is extra: config.json has no use for it");
  }
}
