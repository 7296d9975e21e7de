/**
 * The frozen models of a run, and what follows from them and the config.
 */
import { join } from "@std/path";
import type { Clip } from "../clip/clip.ts";
import { type ClipTokenizer, textCapacity, textWindows } from "../clip/tokenizer.ts";
import { InputError } from "../errors.ts";
import { findModel } from "../hub/find_model.ts";
import type { AcousticConfig } from "../systems/acoustic_config.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import { modelTensors, type Setup } from "../systems/system.ts";
import { VARIANTS } from "../systems/variants.ts";
import { openWhisper, type WhisperModel } from "../whisper/whisper.ts";
import type { Identity } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import type { LongText } from "./run_config.ts";

/**
 * Sizes of the acoustic branch for the widths of a text tower and of a frame of Whisper's states.
 *
 * @param layers the states of a frame. Default 1.
 * @throws {InputError} if the heads do not divide the text tower's width.
 */
export function acousticSizes(
  { acoustic: { heads, feedforward, dropout, gain }, promptLength, prompts, fusion, loss }: Pick<
    RunConfig,
    "acoustic" | "promptLength" | "prompts" | "fusion" | "loss"
  >,
  width: number,
  whisperWidth: number,
  layers = 1,
): AcousticConfig {
  if (width % heads !== 0) {
    throw new InputError(
      `Cannot make the acoustic branch as 'acoustic.heads' must divide the text tower's width ${width}: current value is ${heads}.`,
    );
  }
  return {
    whisperWidth: whisperWidth / layers,
    layers,
    promptLength,
    heads,
    feedforward,
    dropout,
    gain,
    prompts,
    fusion,
    loss,
  };
}

/**
 * From what the model of a run is made.
 *
 * @param frozen the CLIP, the values and the number of states of a frame of Whisper's, and the vocabulary of a model that
 * chooses keywords
 * @throws {InputError} as {@link acousticSizes} does.
 */
export function setupOf<C extends Pick<Clip, "config">>(
  config: RunConfig,
  { clip, whisperWidth, whisperLayers = 1, vocabulary }: Pick<Setup, "vocabulary"> & {
    clip: C;
    whisperWidth: number;
    whisperLayers?: number | undefined;
  },
): Omit<Setup, "clip"> & { clip: C } {
  const acoustic = acousticSizes(config, clip.config.text.width, whisperWidth, whisperLayers);
  const { mel } = VARIANTS[config.variant];
  const frames = mel === undefined
    ? { speechWidth: acoustic.whisperWidth, speechLayers: whisperLayers }
    : { speechWidth: mel, speechLayers: 1 };
  return { clip, acoustic, ...frames, size: modelSize(config), seed: config.seed, vocabulary };
}

/** The sizes of a model that is trained from scratch: small on the sample, unless the config says otherwise. */
function modelSize({ preset, size }: Pick<RunConfig, "preset" | "size">): Setup["size"] {
  return size ?? (/^sample(-|$)/.test(preset) ? "small" : "published");
}

/** What a run's checkpoints belong to: `clipKey` is the CLIP's {@link fingerprint}, `whisperKey` the Whisper's key. */
export function identityOf(
  { data }: { data: { clipKey: string; whisperKey: string; formerWhisperKey?: string; fingerprint?: string } },
  model: Pick<BrewClip, "variant" | "clip" | "parameters" | "statistics">,
): Identity {
  const shapes: Identity["shapes"] = {};
  for (const [name, { shape }] of modelTensors(model)) shapes[name] = shape;
  return {
    variant: model.variant,
    clip: data.clipKey,
    whisper: data.whisperKey,
    formerWhisper: data.formerWhisperKey,
    data: data.fingerprint,
    shapes,
  };
}

/** Splits a text's tokens into rows for a text tower that also takes `prompts` prompts: one truncated row, or windows. */
export type TextRows = (tokens: readonly number[], prompts: number) => number[][];

/** How a text that exceeds the context length becomes rows: truncated, or in windows. */
export function textRows(mode: LongText, { length, row }: Pick<ClipTokenizer, "length" | "row">): TextRows {
  if (mode === "truncate") return (tokens) => [row(tokens)];
  return (tokens, prompts) => textWindows(tokens, { capacity: textCapacity(length, prompts) }).map(row);
}

/** Caches the hashes of model files, next to the transcripts that they identify. */
const HASHES = join("runs", "heard", "model-hashes.json");

/**
 * Opens the Whisper of a run.
 *
 * @param near the run's folder; a relative path is also looked for in the folders above it
 * @throws {InputError} if it is missing, its files do not match, or it does not support the language or task.
 */
export async function openRunWhisper(
  { whisper, language, task, attendPadding, shortWindows, acousticLayers }:
    & Pick<RunConfig, "whisper" | "attendPadding">
    & {
      shortWindows?: RunConfig["shortWindows"] | undefined;
      acousticLayers?: RunConfig["acousticLayers"] | undefined;
      language?: RunConfig["language"] | undefined;
      task?: RunConfig["task"] | undefined;
    },
  near?: string,
): Promise<WhisperModel> {
  return await openWhisper(await findModel(whisper, "whisper", near), {
    padding: attendPadding,
    layers: acousticLayers === "all",
    shortWindows: shortWindows ?? false,
    language: language ?? undefined,
    task: task ?? undefined,
    hashes: HASHES,
  });
}
