/**
 * What `gallery` does, loaded when it is asked for.
 *
 * @module
 */
import { readSettings } from "../experiments/experiment_file.ts";
import { galleryExperiment } from "../experiments/gallery/gallery.ts";
import { galleryPage } from "../experiments/gallery/gallery_page.ts";
import { GALLERY_SCHEMAS, type GallerySettings } from "../experiments/gallery/gallery_results.ts";
import { galleryTable } from "../experiments/gallery/gallery_table.ts";
import type { Split } from "../data/pair.ts";
import type { GalleryOptions } from "./gallery.ts";
import { besideZeroShot, choiceOf } from "./qualitative_options.ts";
import { runQualitative } from "./run_qualitative.ts";

/**
 * Makes the gallery.
 *
 * @throws {InputError} where data, models, runs or the file to repeat are at fault.
 */
export async function galleryFromOptions(options: GalleryOptions): Promise<"complete" | "interrupted"> {
  const { from, out } = options;
  const settings = from === undefined ? await asked(options) : await readSettings(from, "gallery", GALLERY_SCHEMAS);
  return await runQualitative("gallery", settings, settings.models, out, {
    experiment: galleryExperiment,
    table: galleryTable,
    page: galleryPage,
  });
}

async function asked(options: GalleryOptions): Promise<GallerySettings> {
  return {
    models: await besideZeroShot(options),
    split: options.split as Split,
    choice: choiceOf(options, { by: "random", count: 6, seed: 0 }),
    top: options.top,
  };
}
