/**
 * The image settings of a published CLIP model: Hugging Face's `preprocessor_config.json`, or the `image_processor` of
 * `processor_config.json`, which transformers 5 writes instead.
 */
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../errors.ts";
import { exists, readJson } from "../files/read.ts";
import { CLIP_MEAN, CLIP_STD } from "./preprocess.ts";

/** The settings for a model's images, which are options of `readPixels`. */
export interface Preprocessing {
  /** Height and width S of the tower's input, in pixels. */
  size: number;
  /** Length of the shorter side before cropping, at least `size`. */
  edge: number;
  /** Height and width before cropping, instead of `edge`. */
  exact?: readonly [height: number, width: number];
  /** Mean of red, green and blue after scaling. */
  mean: readonly [number, number, number];
  /** Standard deviation of red, green and blue after scaling. */
  std: readonly [number, number, number];
  /** Factor of the values 0 to 255. Default 1 / 255. */
  scale?: number;
}

const pixels = z.number().int().positive().max(2 ** 13);
const sides = z.strictObject({ height: pixels, width: pixels });
const colors = z.union([
  z.number().transform((value): [number, number, number] => [value, value, value]),
  z.tuple([z.number(), z.number(), z.number()]),
]);
const BICUBIC = 3;
const only = <T extends boolean | number>(value: T, why: string) => z.literal(value, { error: why }).nullish();
const flag = z.boolean().nullish();

const schema = z.looseObject({
  size: z.union([pixels, z.strictObject({ shortest_edge: pixels }), sides, z.tuple([pixels, pixels])], {
    error: "expected a number, {shortest_edge} or {height, width}",
  }).nullish(),
  default_to_square: flag,
  crop_size: z.union([pixels, sides, z.tuple([pixels, pixels])], { error: "expected a number or {height, width}" })
    .nullish(),
  image_mean: colors.nullish(),
  image_std: colors.nullish(),
  resample: only(BICUBIC, "expected 3 (bicubic), the one filter that is supported"),
  do_resize: only(true, "expected true"),
  do_center_crop: flag,
  do_rescale: flag,
  rescale_factor: z.number().refine((factor) => Math.abs(factor * 255 - 1) < 1e-6, { error: "expected 1 / 255" })
    .nullish(),
  do_normalize: flag,
  do_convert_rgb: only(true, "expected true: every image is converted"),
  image_processor_type: z.string().regex(/^CLIP/, "expected a processor of CLIP").nullish(),
  feature_extractor_type: z.string().regex(/^CLIP/, "expected a processor of CLIP").nullish(),
});

/** Fields that do not change the pixels. */
const HARMLESS: ReadonlySet<string> = new Set([
  "processor_class",
  "auto_map",
  "data_format",
  "input_data_format",
  "return_tensors",
  "device",
  "disable_grouping",
  "use_fast",
  "transformers_version",
]);

/**
 * Checks the content of a `preprocessor_config.json`. Missing fields have CLIP's values.
 *
 * @param source names the file in messages
 * @param imageSize height and width of an image in the model's `config.json`
 * @throws {InputError} if a field is malformed, not supported, or does not fit the model. Names the field.
 */
export function parsePreprocessorConfig(json: unknown, source: string, imageSize: number): Preprocessing {
  const wrong = (why: string) => new InputError(`Cannot use '${source}' to prepare images: ${why}.`);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const { size, crop_size, image_mean, image_std, default_to_square, ...flags } = parsed.data;
  for (const [name, value] of Object.entries(parsed.data)) {
    const known = name in schema.shape || HARMLESS.has(name) || name.startsWith("_");
    if (known || value === null || value === false) continue;
    throw wrong(`'${name}' is not supported. Remove it if it does not change the pixels`);
  }
  const [height, width] = sidesOf(size ?? imageSize, default_to_square ?? false);
  const exact = width !== undefined;
  if (flags.do_center_crop ?? true) {
    const cropped = sidesOf(crop_size ?? imageSize, true);
    if (cropped.some((side) => side !== imageSize)) {
      throw wrong(`crop_size is ${cropped.join(" x ")}, expected ${imageSize}, the model's image_size in config.json`);
    }
  } else if (!exact || height !== imageSize || width !== imageSize) {
    throw wrong(
      `do_center_crop is false, but size does not give images of ${imageSize} x ${imageSize}, the model's image_size in ` +
        "config.json",
    );
  }
  if (Math.min(height, width ?? height) < imageSize) {
    throw wrong(`size is ${exact ? `${height} x ${width}` : height}, expected at least crop_size ${imageSize}`);
  }
  const scaled = flags.do_rescale ?? true;
  const [mean, std] = flags.do_normalize ?? true
    ? [image_mean ?? CLIP_MEAN, image_std ?? CLIP_STD]
    : [[0, 0, 0] as const, [1, 1, 1] as const];
  if (scaled && !mean.every((value) => value >= 0 && value <= 1)) {
    throw wrong(`image_mean is ${mean}, expected numbers in [0, 1]`);
  }
  if (!std.every((value) => value > 0)) throw wrong(`image_std is ${std}, expected positive numbers`);
  return {
    size: imageSize,
    edge: exact ? Math.min(height, width) : height,
    ...(exact ? { exact: [height, width] as const } : {}),
    mean,
    std,
    ...(scaled ? {} : { scale: 1 }),
  };
}

/** Height and width, or the length of the shorter side alone. */
function sidesOf(
  size: number | { shortest_edge: number } | { height: number; width: number } | [number, number],
  square: boolean,
): [height: number, width: number | undefined] {
  if (typeof size === "number") return [size, square ? size : undefined];
  if (Array.isArray(size)) return size;
  return "shortest_edge" in size ? [size.shortest_edge, undefined] : [size.height, size.width];
}

/**
 * Reads the image settings of a model's folder: `image_processor` in `processor_config.json`, or
 * `preprocessor_config.json`. Missing settings have CLIP's values.
 *
 * @param imageSize height and width of an image in the model's `config.json`
 * @throws {InputError} if a field is malformed, not supported, or does not fit the model. Names the field.
 */
export async function readPreprocessorConfig(directory: string, imageSize: number): Promise<Preprocessing> {
  const [nested, plain] = ["processor_config.json", "preprocessor_config.json"].map((name) => join(directory, name));
  if (await exists(nested!)) {
    const { image_processor: settings } = (await readJson(nested!) ?? {}) as { image_processor?: unknown };
    if (settings !== undefined && settings !== null) return parsePreprocessorConfig(settings, nested!, imageSize);
  }
  return parsePreprocessorConfig(await exists(plain!) ? await readJson(plain!) : {}, plain!, imageSize);
}
