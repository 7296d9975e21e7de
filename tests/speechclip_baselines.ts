/** How SpeechCLIP reads the reference's folders. Used by tests only. */
import * as tf from "@tensorflow/tfjs-core";
import { encodeImage } from "../lib/clip/vision_tower.ts";
import { type SpeechClip, speechClip } from "../lib/systems/speechclip.ts";
import { type Baseline, numbersOf, tensorOf } from "./baseline_suite.ts";
import { statesOf } from "./baselines.ts";

/** The reference of one of the three. */
function reference(name: SpeechClip["variant"]): Baseline<SpeechClip> {
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
    others: (_, { chosen, scores, keywords, parallel }) => ({
      ...(scores ? { chosen, keywords, scores: tf.maximum(scores, -2) } : {}), // the reference has -2 for barred tokens
      ...(parallel ? { speech_parallel: parallel } : {}),
    } as Record<string, tf.Tensor>),
  };
}

export const SPEECHCLIP_P: Baseline<SpeechClip> = reference("speechclip-p");
export const SPEECHCLIP_C: Baseline<SpeechClip> = reference("speechclip-c");
export const SPEECHCLIP_H: Baseline<SpeechClip> = reference("speechclip-h");
