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

/** The file, in all its places, that shows a planned picture. */
export function picture({ id, scene }: PlannedPicture, paths: string[], set: string, seed: number): PlannedFile {
  const drawing = seedFor(seed, "drawing", set, id);
  return {
    paths,
    recipe: { scene: sceneKey(scene), drawing, ...PICTURE },
    make: () => renderJpeg(scene, drawing, PICTURE),
  };
}
