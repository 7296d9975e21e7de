/**
 * The speech feature of clips, from a frozen BrewCLIP or from one that is being fine-tuned.
 */
import * as tf from "@tensorflow/tfjs-core";
import { encodeText } from "../../clip/text_tower.ts";
import { type OpenModel, openModel } from "../../retrieval/open_model.ts";
import { embedding, unitLength } from "../../runtime/operations.ts";
import type { AcousticConfig } from "../../systems/acoustic_config.ts";
import { encodeAcoustic } from "../../systems/acoustic_branch.ts";
import {
  asBrewClip,
  type BrewClip,
  createBrewClip,
  fuse,
  meanOfWindows,
  sharedPrompts,
  type Speech,
} from "../../systems/brewclip.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { RunConfig } from "../../training/config.ts";
import { type Example, joinSpeech } from "../../training/examples.ts";
import { runFolder } from "../../training/run_folder.ts";
import { acousticSizes } from "../../training/run_model.ts";

/** Clips in a batch. */
const ROWS = 64;

/** A model with its Whisper and tokenizer, which can be copied. */
export interface OpenEncoder extends OpenModel {
  model: BrewClip;
  /** Makes a model with the same parameters and other dropout. The caller disposes of it. */
  copy(dropout: Pick<AcousticConfig, "dropout" | "stateDropout">): BrewClip;
}

/**
 * Opens the model of a run's settings.
 *
 * @param path the run's folder, whose best checkpoint is opened; null for the initial values of the settings' seed
 * @throws {InputError} if a model or the checkpoint is missing or does not fit.
 */
export async function openEncoder(config: RunConfig, path: string | null): Promise<OpenEncoder> {
  const trained = path !== null && VARIANTS[config.variant].prompts;
  const opened = await openModel(config, trained ? { checkpoint: runFolder(path).best, near: path } : {});
  const { whisper } = opened;
  const model = asBrewClip(opened.model);
  return {
    ...opened,
    model,
    copy(dropout) {
      const acoustic = acousticSizes(config, model.clip.config.text.width, whisper.width, whisper.layers);
      const other = createBrewClip(config.variant, model.clip, { ...acoustic, ...dropout }, config.seed);
      for (const [name, parameter] of other.parameters) parameter.assign(model.parameters.get(name)!);
      return other;
    },
  };
}

/**
 * Computes F_L `[B, D]` of clips, L2-normalized, as `encodeSpeech` does. The clips of a data set share few sentences, so each
 * distinct text goes through the text tower once.
 *
 * @param options.dropoutSeed turns dropout on, with this seed
 */
export function clipFeatures(
  { variant, clip, acoustic: config, parameters }: BrewClip,
  { ids, windows, confidence, states, lengths }: Speech,
  { dropoutSeed }: { dropoutSeed?: string | undefined } = {},
): tf.Tensor2D {
  const parts = VARIANTS[variant];
  return tf.tidy(() => {
    const prompts = sharedPrompts(parameters);
    const features: { text?: tf.Tensor; acoustic?: tf.Tensor } = {};
    if (parts.text) {
      const rows = ids as ArrayLike<number>[];
      const names = rows.map((row) => Array.from(row).join());
      const distinct = [...new Set(names)];
      const encoded = encodeText(clip, distinct.map((name) => rows[names.indexOf(name)]!), prompts?.text);
      const indices = tf.tensor1d(names.map((name) => distinct.indexOf(name)), "int32");
      features.text = meanOfWindows(embedding(encoded, indices) as tf.Tensor2D, windows); // [sum(windows), D] -> [B, D]
    }
    if (parts.acoustic) {
      const own = prompts?.acoustic as tf.Tensor;
      features.acoustic = encodeAcoustic(states as tf.Tensor3D, own, parameters, config, { lengths, dropoutSeed });
    }
    return unitLength(fuse({ ...features, confidence }, parameters)) as tf.Tensor2D;
  });
}

/** Computes F_L of all clips, batch by batch, and returns one row `[D]` for each. */
export async function allClipFeatures(model: BrewClip, examples: readonly Example[]): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let first = 0; first < examples.length; first += ROWS) {
    const speech = await joinSpeech(examples.slice(first, first + ROWS));
    const features = clipFeatures(model, speech);
    const values = await features.data<"float32">();
    const width = features.shape[1];
    for (let row = 0; row < features.shape[0]; row++) rows.push(values.slice(row * width, (row + 1) * width));
    tf.dispose([features, ...(speech.states ? [speech.states] : [])]);
  }
  return rows;
}
