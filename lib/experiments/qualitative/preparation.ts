/**
 * How a run's pictures are prepared.
 *
 * @module
 */
import { findModel } from "../../hub/find_model.ts";
import type { Fit, PixelOptions } from "../../image/preprocess.ts";
import { readPreprocessorConfig } from "../../image/preprocessor_config.ts";
import type { OpenJob } from "../job.ts";

/** The options of `readPixels` by which a job's pictures are prepared, with the run's own fit or another. */
export async function preparationOf(
  { config, clip }: Pick<OpenJob, "config" | "clip">,
  fit: Fit = config.imageFit,
): Promise<PixelOptions> {
  const folder = await findModel(config.clip, "clip");
  return { ...await readPreprocessorConfig(folder, clip.config.vision.imageSize), fit };
}
