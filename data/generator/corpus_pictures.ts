/**
 * The pictures of the bundled corpora as files.
 *
 * @module
 */
import type { PlannedFile } from "./corpus_files.ts";
import { type PlannedPicture, seedFor } from "./corpus_plan.ts";
import { renderJpeg } from "./draw.ts";
import { sceneKey } from "./scene.ts";

/** Side in pixels and JPEG quality of every shipped picture. */
const PICTURE = { size: 128, quality: 80 };

/**
 * How much evening light lies on each set. Published sets do not look like what a CLIP has learnt from either: the light
 * of the COCO sample is such a gap, which the frozen CLIP does not know and trained prompts can bridge.
 */
const EVENING = { flickr8k: 0, coco: 0.4 };

/** The file, in all its places, that shows a planned picture. */
export function picture(
  { id, scene }: PlannedPicture,
  paths: string[],
  set: keyof typeof EVENING,
  seed: number,
): PlannedFile {
  const drawing = seedFor(seed, "drawing", set, id);
  const options = { ...PICTURE, evening: EVENING[set] };
  return {
    paths,
    recipe: { scene: sceneKey(scene), drawing, ...options },
    make: () => renderJpeg(scene, drawing, options),
  };
}
