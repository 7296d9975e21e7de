/**
 * The queries that the centre crop harms most.
 *
 * @module
 */
import type { CropQuery } from "./crop_results.ts";

/** The queries each way that lose most by the crop, of a list with the greatest loss first; none that do not lose. */
export function worstOf(queries: readonly CropQuery[], top: number): CropQuery[] {
  return (["speech2image", "image2speech"] as const).flatMap((way) =>
    queries.filter(({ direction, loss }) => direction === way && loss > 0).slice(0, top)
  );
}
