/**
 * A dry run's look at the models: are they there, and do they fit together?
 *
 * @module
 */
import { type ClipConfig, readClipConfig } from "../../clip/config.ts";
import { clipShapes } from "../../clip/clip.ts";
import { type ClipTokenizer, loadClipTokenizer, textCapacity } from "../../clip/tokenizer.ts";
import { InputError, messageOf } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import type { AcousticConfig } from "../../systems/acoustic_config.ts";
import { parameterShapes } from "../../systems/parameters.ts";
import type { RunConfig } from "../../training/config.ts";
import { openWhisper, type WhisperSource } from "../../whisper/whisper.ts";
import { acousticSizes } from "../../training/run_model.ts";
import type { PlanPart } from "./plan.ts";

/** The models of a run, found but not loaded. */
export interface FoundModels {
  /** CLIP's folder. */
  clipFolder: string;
  /** Sizes of its towers. */
  clip: ClipConfig;
  /** Turns texts into tokens. */
  tokenizer: ClipTokenizer;
  /** Whisper. */
  source: WhisperSource;
  /** Sizes of the acoustic branch between the two. */
  acoustic: AcousticConfig;
  /** Numbers that are trained. */
  trained: number;
}

/** Looks for both models and holds their sizes against each other. Weights are not read. */
export async function planModels(config: RunConfig): Promise<{ part: PlanPart; models?: FoundModels }> {
  const part: PlanPart = { name: "models", lines: [], lacking: [] };
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof InputError || error instanceof RangeError)) throw error;
      part.lacking.push(messageOf(error));
      return undefined;
    }
  };
  const clip = await attempt(async () => {
    const clipFolder = await findModel(config.clip, "clip");
    return { clipFolder, clip: await readClipConfig(clipFolder), tokenizer: await loadClipTokenizer(clipFolder) };
  });
  if (clip !== undefined) {
    part.lines.push(`CLIP ${config.clip}: ${describeClip(clip.clip)}${at(config.clip, clip.clipFolder)}`);
  }
  const source = await attempt(async () =>
    await openWhisper(await findModel(config.whisper, "whisper"), { padding: config.attendPadding })
  );
  if (source !== undefined) {
    part.lines.push(`Whisper ${config.whisper}: states of width ${source.width}${at(config.whisper, source.name)}`);
  }
  if (clip === undefined || source === undefined) return { part };
  const { text, vision } = clip.clip;
  const acoustic = await attempt(() => {
    textCapacity(text.positions, config.promptLength);
    return acousticSizes(config, text.width, source.width);
  });
  if (acoustic === undefined) return { part };
  const trained = sizeOf(parameterShapes(config.variant, clip.clip, acoustic));
  part.lines.push(
    `they fit together: states ${source.width} to text ${text.width}, prompts ${text.width} to vision ${vision.width}; ` +
      `${millions(trained)} million numbers are trained`,
  );
  return { part, models: { ...clip, source, acoustic, trained } };
}

/** Numbers in tensors of these shapes. */
export function sizeOf(shapes: ReadonlyMap<string, readonly number[]>): number {
  return shapes.values().reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function describeClip(clip: ClipConfig): string {
  const { text, vision } = clip;
  return `${
    millions(sizeOf(clipShapes(clip)))
  } million weights, text ${text.layers} x ${text.width} with ${text.positions} ` +
    `places, vision ${vision.layers} x ${vision.width} on ${vision.imageSize} pixels`;
}

function at(name: string, folder: string): string {
  return name === folder ? "" : `, in ${folder}`;
}

function millions(count: number): string {
  return (count / 1e6).toFixed(count < 1e7 ? 2 : 0);
}
