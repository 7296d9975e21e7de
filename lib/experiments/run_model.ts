/**
 * What a run's config and its frozen models together determine.
 *
 * @module
 */
import type { Clip } from "../clip/clip.ts";
import { InputError } from "../errors.ts";
import type { AcousticConfig } from "../systems/acoustic_config.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import type { Identity } from "../training/checkpoint.ts";
import type { RunConfig } from "../training/config.ts";
import type { Prepared } from "./prepare.ts";

/**
 * Sizes of the acoustic branch of a job.
 *
 * @throws {InputError} where the heads do not divide the text tower's width.
 */
export function acousticOf({ config, clip, data }: { config: RunConfig; clip: Clip; data: Prepared }): AcousticConfig {
  return acousticSizes(config, clip.config.text.width, data.whisperWidth);
}

/**
 * Sizes of the acoustic branch between a text tower of a width and a Whisper of another.
 *
 * @throws {InputError} where the heads do not divide the text tower's width.
 */
export function acousticSizes(
  { acoustic: { heads, feedforward, dropout, gain }, promptLength, prompts, fusion }: Pick<
    RunConfig,
    "acoustic" | "promptLength" | "prompts" | "fusion"
  >,
  width: number,
  whisperWidth: number,
): AcousticConfig {
  if (width % heads !== 0) {
    throw new InputError(
      `Cannot make the acoustic branch as 'acoustic.heads' must divide the text tower's width ${width}: current value is ${heads}.`,
    );
  }
  return { whisperWidth, promptLength, heads, feedforward, dropout, gain, prompts, fusion };
}

/** What the run's checkpoints are marked with. */
export function identityOf({ data }: { data: Prepared }, model: BrewClip): Identity {
  const shapes: Identity["shapes"] = {};
  for (const [name, { shape }] of model.parameters) shapes[name] = shape;
  return { variant: model.variant, clip: data.clipKey, whisper: data.whisperKey, shapes };
}
