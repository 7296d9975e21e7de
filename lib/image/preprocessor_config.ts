/**
 * How a published CLIP model wants its pictures: Hugging Face's `preprocessor_config.json`.
 *
 * @module
 */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { isAbsence, readJson } from "../files/read.ts";
import { CLIP_MEAN, CLIP_STD } from "./preprocess.ts";

/** How a model's pictures are prepared; goes into `readPixels` as it is. */
export interface Preprocessing {
  /** Height and width S of what the tower sees, in pixels. */
  size: number;
  /** Length of the shorter side before the middle is cropped; at least `size`. */
  edge: number;
  /** Mean of red, green and blue in [0, 1]. */
  mean: readonly [number, number, number];
  /** Deviation of red, green and blue. */
  std: readonly [number, number, number];
}

const pixels = z.number().int().positive().max(2 ** 13);
const square = z.object({ height: pixels, width: pixels }).refine(({ height, width }) => height === width, {
  message: "height and width must be equal",
}).transform(({ height }) => height);
const colours = z.tuple([z.number().finite(), z.number().finite(), z.number().finite()]);
const BICUBIC = 3;

const schema = z.object({
  size: z.union([pixels, z.object({ shortest_edge: pixels }).transform((size) => size.shortest_edge), square])
    .optional(),
  crop_size: z.union([pixels, square]).optional(),
  image_mean: colours.refine((mean) => mean.every((value) => value >= 0 && value <= 1), {
    message: "expected numbers in [0, 1]",
  }).optional(),
  image_std: colours.refine((std) => std.every((value) => value > 0), { message: "expected positive numbers" })
    .optional(),
  resample: z.literal(BICUBIC, { error: "expected 3 (bicubic), the one filter that is supported" }).optional(),
  do_normalize: z.boolean().optional(),
  do_resize: z.literal(true, { error: "expected true" }).optional(),
  rescale_factor: z.number().refine((factor) => Math.abs(factor * 255 - 1) < 1e-6, { message: "expected 1 / 255" })
    .optional(),
});

/**
 * Checks the content of a `preprocessor_config.json`. What it leaves out is CLIP's own.
 *
 * @param source names the file in messages
 * @param imageSize height and width of a picture by the model's `config.json`
 * @throws {InputError} where a field is of another kind, is not supported, or does not fit the model; names the field.
 *
 * @example
 * ```ts
 * import { parsePreprocessorConfig } from "./preprocessor_config.ts";
 * const { edge } = parsePreprocessorConfig({ size: { shortest_edge: 256 }, crop_size: 224 }, "file", 224);
 * if (edge !== 256) throw new Error("another edge");
 * ```
 */
export function parsePreprocessorConfig(json: unknown, source: string, imageSize: number): Preprocessing {
  const parsed = schema.safeParse(json);
  const wrong = (why: string) => new InputError(`Cannot use '${source}' to prepare pictures: ${why}.`);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const { size, crop_size, image_mean, image_std, do_normalize = true } = parsed.data;
  const cropped = crop_size ?? imageSize;
  if (cropped !== imageSize) {
    throw wrong(`crop_size is ${cropped}, expected ${imageSize}, the model's image_size in config.json`);
  }
  const edge = size ?? imageSize;
  if (edge < imageSize) throw wrong(`size is ${edge}, expected at least crop_size ${imageSize}`);
  return {
    size: imageSize,
    edge,
    mean: do_normalize ? image_mean ?? CLIP_MEAN : [0, 0, 0],
    std: do_normalize ? image_std ?? CLIP_STD : [1, 1, 1],
  };
}

/**
 * Reads `preprocessor_config.json` of a model's folder; without the file everything is CLIP's own.
 *
 * @param imageSize height and width of a picture by the model's `config.json`
 * @throws {InputError} as {@link parsePreprocessorConfig}.
 */
export async function readPreprocessorConfig(directory: string, imageSize: number): Promise<Preprocessing> {
  const path = join(directory, "preprocessor_config.json");
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return { size: imageSize, edge: imageSize, mean: CLIP_MEAN, std: CLIP_STD };
  }
  return parsePreprocessorConfig(await readJson(path), path, imageSize);
}
