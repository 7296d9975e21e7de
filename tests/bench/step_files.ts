/** The models, parameters and batches of the training-step cases, written once so that both sides read the same numbers. */
import { join } from "@std/path";
import type { ClipConfig } from "../../lib/clip/config.ts";
import type { AcousticConfig } from "../../lib/systems/acoustic_config.ts";
import { INITIAL_TEMPERATURE, LOG_TEMPERATURE, parameterShapes } from "../../lib/systems/parameters.ts";
import { Random } from "../../lib/random.ts";
import { type TensorToWrite, writeSafetensors } from "../../lib/files/safetensors.ts";
import { PUBLISHED, writeRandomClip } from "./random_clip.ts";

/** What is computed, in both languages. */
export interface StepShapes {
  clip: ClipConfig;
  acoustic: AcousticConfig;
  batch: number;
  frames: number;
  /** Steps of a run, one right after the other, as in a training: a single short one would find the caches cold. */
  steps: number;
}

const b32 = PUBLISHED["clip-vit-base-patch32"] as ClipConfig;
const branch = { promptLength: 4, heads: 8, dropout: 0.1 };

/** The shapes by name: `tiny` of a model for trying out, `b32` the published ViT-B/32. */
export const SHAPES: Record<"tiny" | "b32", StepShapes> = {
  tiny: {
    clip: {
      text: { ...b32.text, width: 96, feedforward: 384, layers: 3, heads: 4 },
      vision: { ...b32.vision, width: 128, feedforward: 512, layers: 4, heads: 4, imageSize: 64, patchSize: 8 },
      projection: 64,
    },
    acoustic: { ...branch, whisperWidth: 64, feedforward: 256 },
    batch: 32,
    frames: 250,
    steps: 5,
  },
  b32: { clip: b32, acoustic: { ...branch, whisperWidth: 512, feedforward: 4096 }, batch: 8, frames: 500, steps: 1 },
};

/** Tokens of a text: SOS, so many words, EOS; then padding. */
const WORDS = 11;

/**
 * Writes `config.json` and `model.safetensors` of the CLIP, `parameters.safetensors` of what is trained, `batch.safetensors`
 * (`ids`, `pixels`, `whisper`) and `shapes.json`.
 */
export async function writeStepFiles(folder: string, shapes: StepShapes): Promise<void> {
  const { clip, acoustic, batch, frames } = shapes;
  await writeRandomClip(folder, clip, "F32");
  const random = new Random("bench");
  const normal = (shape: number[], deviation = 1): TensorToWrite => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
    return { shape, data };
  };
  const parameters = new Map<string, TensorToWrite>();
  for (const [name, shape] of parameterShapes("full", clip, acoustic)) {
    const tensor = normal(shape, shape.length > 1 ? (shape[1] as number) ** -0.5 : 0.02);
    if (/norm\d?\.weight$/.test(name)) tensor.data.forEach((value, i) => tensor.data[i] = 1 + 5 * Number(value));
    if (name === LOG_TEMPERATURE) tensor.data.fill(Math.log(INITIAL_TEMPERATURE) as never);
    parameters.set(name, tensor);
  }
  await writeSafetensors(join(folder, "parameters.safetensors"), parameters);
  const { positions, bos, eos } = clip.text;
  const ids = Array.from({ length: batch }, () => {
    const words = Array.from({ length: WORDS }, () => 1 + random.integer(4000));
    return [bos, ...words, eos, ...Array(positions - WORDS - 2).fill(0)];
  });
  const { imageSize, channels } = clip.vision;
  await writeSafetensors(
    join(folder, "batch.safetensors"),
    new Map<string, TensorToWrite>([
      ["ids", { shape: [batch, positions], data: BigInt64Array.from(ids.flat().map(BigInt)) }],
      ["pixels", normal([batch, channels, imageSize, imageSize])],
      ["whisper", normal([batch, frames, acoustic.whisperWidth])],
    ]),
  );
  await Deno.writeTextFile(join(folder, "shapes.json"), JSON.stringify(shapes));
}
