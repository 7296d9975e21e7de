/** How each published system reads the reference's folder. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";
import { encodeImage, encodePatches } from "../lib/clip/vision_tower.ts";
import { type FastVgs, fastVgs, fastVgsScores } from "../lib/systems/fast_vgs.ts";
import { milan, type MilanSettings } from "../lib/systems/milan.ts";
import type { TwoTowers } from "../lib/systems/pixel_tower.ts";
import { resDaveNet, type ResDaveNetSettings } from "../lib/systems/resdavenet.ts";
import { type SpeechClip, speechClip } from "../lib/systems/speechclip.ts";
import type { Speech } from "../lib/systems/system.ts";
import { type Baseline, numbersOf, type Reference, tensorOf, towerOf } from "./baseline_suite.ts";

/** `[B, L, T, Z]` of the reference as our `[B, T, L * Z]`. */
function statesOf({ batch }: Reference): Speech {
  const stored = batch.get("states")!;
  const [rows, layers, frames, width] = stored.shape as [number, number, number, number];
  const states = tf.tidy(() =>
    tf.reshape(tf.transpose(tensorOf(stored), [0, 2, 1, 3]), [rows, frames, layers * width])
  );
  return { states: states as tf.Tensor3D, lengths: numbersOf(batch.get("lengths")!) };
}

/** `[B, bins, T]` of the reference as our `[B, T, bins]`. */
function melOf({ batch }: Reference): Speech {
  const mel = tf.tidy(() => tf.transpose(tensorOf(batch.get("mel")!), [0, 2, 1])) as tf.Tensor3D;
  return { states: mel, lengths: numbersOf(batch.get("lengths")!) };
}

const pixelsOf = ({ batch }: Reference): tf.Tensor => tensorOf(batch.get("pixels")!);
const scoreOf = ({ speech, image }: Record<string, tf.Tensor>): tf.Tensor =>
  tf.matMul(speech as tf.Tensor2D, image as tf.Tensor2D, false, true);

export const FAST_VGS: Baseline<FastVgs> = {
  name: "fast-vgs",
  system: fastVgs,
  settings: ({ settings }, { config: { vision } }) => ({
    variant: "fast-vgs-ctf",
    settings: {
      width: settings.width,
      heads: settings.heads,
      feedforward: settings.feedforward,
      conv: towerOf(settings.conv),
      imageLayers: settings.image_layers,
      crossLayers: settings.cross_layers,
      margin: settings.margin,
      coarseWeight: settings.coarse_weight,
      fineWeight: settings.fine_weight,
      top: settings.top,
      dropout: 0,
      deviation: null,
    },
    inputs: {
      layers: settings.layers,
      speechWidth: settings.speech_width,
      patches: Math.floor(vision.imageSize / vision.patchSize) ** 2,
      imageWidth: vision.width,
    },
  }),
  images: (reference, clip) => encodePatches(clip, pixelsOf(reference)),
  speech: statesOf,
  others: (model, features) => ({ ...fastVgsScores(model, features) }),
};

export const RESDAVENET: Baseline<TwoTowers<ResDaveNetSettings>> = {
  name: "resdavenet",
  system: resDaveNet,
  settings: ({ settings: { mels, joint, margin, audio, image } }) => ({
    variant: "resdavenet",
    settings: { mels, joint, margin, audio: towerOf(audio), image: towerOf(image) },
  }),
  images: pixelsOf,
  speech: melOf,
  options: ({ batch }) => ({
    impostors: {
      images: numbersOf(batch.get("impostor_images")!),
      speech: numbersOf(batch.get("impostor_speech")!),
    },
  }),
  others: (_, features) => ({ score: scoreOf(features) }),
};

export const MILAN: Baseline<TwoTowers<MilanSettings>> = {
  name: "milan",
  system: milan,
  settings: ({ settings: { mels, joint, margin, alpha, audio, image } }) => ({
    variant: "milan",
    settings: {
      mels,
      joint,
      margin: margin === "adaptive" ? { alpha } : margin,
      audio: towerOf(audio),
      image: towerOf(image),
    },
  }),
  images: pixelsOf,
  speech: melOf,
  others: (_, features) => ({ score: scoreOf(features) }),
};

/** The reference of one of the three. */
function speechClipReference(name: SpeechClip["variant"]): Baseline<SpeechClip> {
  return {
    name,
    system: speechClip,
    settings: ({ settings, batch }) => ({
      variant: name,
      settings: {
        width: settings.width,
        heads: settings.heads ?? 1,
        feedforward: settings.feedforward ?? 0,
        dropout: 0,
        normalizeStates: settings.normalize_states,
        keywords: settings.keywords ?? 0,
      },
      vocabulary: batch.has("vocabulary") ? numbersOf(batch.get("vocabulary")!) : [],
    }),
    images: ({ batch }, clip) => encodeImage(clip, tensorOf(batch.get("pixels")!)),
    speech: statesOf,
    // Keywords are normalized over 4 rows that are nearly the same, so float32 loses digits. 1e-3 is what we promise.
    gradient: 1e-3,
    others: (_, { chosen, scores, keywords, parallel }) => ({
      ...(scores ? { chosen, keywords, scores: tf.maximum(scores, -2) } : {}), // the reference has -2 for barred tokens
      ...(parallel ? { speech_parallel: parallel } : {}),
    } as Record<string, tf.Tensor>),
  };
}

export const SPEECHCLIP_P: Baseline<SpeechClip> = speechClipReference("speechclip-p");
export const SPEECHCLIP_C: Baseline<SpeechClip> = speechClipReference("speechclip-c");
export const SPEECHCLIP_H: Baseline<SpeechClip> = speechClipReference("speechclip-h");
