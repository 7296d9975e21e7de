/**
 * Whether a run's prompts fit beside a text.
 *
 * @module
 */
import { readClipConfig } from "../clip/config.ts";
import { textCapacity } from "../clip/tokenizer.ts";
import { InputError } from "../errors.ts";
import { findModel } from "../hub/find_model.ts";
import { VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";

/**
 * Checks that the prompts leave the text at least one position beside SOS and EOS: known from CLIP's `config.json` alone, before
 * anything is heard or trained.
 *
 * @throws {InputError} where they leave none, or CLIP's folder is at fault.
 */
export async function checkPrompts(
  { clip, variant, promptLength }: Pick<RunConfig, "clip" | "variant" | "promptLength">,
): Promise<void> {
  const { prompts, text } = VARIANTS[variant];
  if (!prompts || !text) return;
  const { text: { positions } } = await readClipConfig(await findModel(clip, "clip"));
  const most = textCapacity(positions) - 1;
  if (promptLength <= most) return;
  throw new InputError(
    `Cannot use 'promptLength' ${promptLength} as the text tower of '${clip}' has ${positions} positions: expected at most ${most}, ` +
      `which leave one for the text beside SOS and EOS. Give a smaller --prompt-length.`,
  );
}
