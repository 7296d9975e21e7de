/**
 * The speech feature of emotion clips, for a frozen encoder and for one that is being trained.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { encodeText } from "../../clip/text_tower.ts";
import { encodeAcoustic } from "../../systems/acoustic_branch.ts";
import { type BrewClip, fuse, meanOfWindows, sharedPrompts, type Speech } from "../../systems/brewclip.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { embedding, unitLength } from "../../runtime/operations.ts";
import { type Example, joinSpeech } from "../../training/examples.ts";

/** Clips that are encoded at once. */
const ROWS = 64;

/**
 * F_L `[B, D]` of clips, of length 1: the same as `encodeSpeech` gives. Clips of one data set share few sentences, so each
 * different text goes through the text tower once.
 *
 * @param options `dropoutSeed`: drops out as in training, repeatably; default no dropout
 */
export function clipFeatures(
  { variant, clip, acoustic: config, parameters }: BrewClip,
  { ids, windows, states, lengths }: Speech,
  { dropoutSeed }: { dropoutSeed?: string | undefined } = {},
): tf.Tensor2D {
  const parts = VARIANTS[variant];
  return tf.tidy(() => {
    const prompts = sharedPrompts(parameters);
    const features: { text?: tf.Tensor; acoustic?: tf.Tensor } = {};
    if (parts.text) {
      const rows = ids as ArrayLike<number>[];
      const names = rows.map((row) => Array.from(row).join());
      const different = [...new Set(names)];
      const encoded = encodeText(clip, different.map((name) => rows[names.indexOf(name)]!), prompts?.text);
      const places = tf.tensor1d(names.map((name) => different.indexOf(name)), "int32");
      features.text = meanOfWindows(embedding(encoded, places) as tf.Tensor2D, windows); // [sum(windows), D] -> [B, D]
    }
    if (parts.acoustic) {
      const options = { lengths, dropoutSeed };
      const own = prompts?.acoustic as tf.Tensor;
      features.acoustic = encodeAcoustic(states as tf.Tensor3D, own, parameters, config, options);
    }
    return unitLength(fuse(features, parameters)) as tf.Tensor2D;
  });
}

/** F_L of all clips on the host, one row a clip. */
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
