/**
 * How a CLIP model wants its pictures scaled.
 *
 * @module
 */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { exists, readJson } from "../files.ts";

/** Mean and deviation by which pixels are scaled; absent where the model says nothing: then CLIP's own are meant. */
export interface PixelScale {
  /** Mean of red, green and blue in [0, 1]. */
  mean?: [number, number, number] | undefined;
  /** Deviation of red, green and blue. */
  std?: [number, number, number] | undefined;
}

const colour = z.number().min(0).max(1);
const deviation = z.number().positive().max(1);
const schema = z.object({
  image_mean: z.tuple([colour, colour, colour]).optional(),
  image_std: z.tuple([deviation, deviation, deviation]).optional(),
  do_normalize: z.literal(true).optional(),
});

/**
 * Reads `preprocessor_config.json` of a model's folder, which may be missing. The size of the pictures is that of
 * `config.json`.
 *
 * @throws {InputError} where it is no JSON, or mean and deviation are not three numbers in [0, 1] each, or the model wants
 * pixels that are not scaled.
 */
export async function readPixelScale(directory: string): Promise<PixelScale> {
  const path = join(directory, "preprocessor_config.json");
  if (!await exists(path)) return {};
  const parsed = schema.safeParse(await readJson(path));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
    throw new InputError(`Cannot use '${path}' as what a CLIP model wants of pictures: ${faults.join("; ")}.`);
  }
  return { mean: parsed.data.image_mean, std: parsed.data.image_std };
}
