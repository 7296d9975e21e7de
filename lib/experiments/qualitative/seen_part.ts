/**
 * Which part of a picture the vision tower sees.
 *
 * @module
 */
import type { PictureOptions } from "../../image/preprocess.ts";

/** A rectangle in parts of a picture's width and height; it reaches beyond 0 and 1 where bars are added. */
export interface SeenPart {
  /** Where it begins, from the left. */
  left: number;
  /** Where it begins, from the top. */
  top: number;
  /** Its width. */
  width: number;
  /** Its height. */
  height: number;
}

/**
 * The part of an upright picture that its fit keeps.
 *
 * @example
 * ```ts
 * import { seenPart } from "./seen_part.ts";
 * const { left, width, height } = seenPart({ width: 400, height: 200 }, { size: 224, fit: "crop" });
 * if (left !== 0.25 || width !== 0.5 || height !== 1) throw new Error("not the middle");
 * ```
 */
export function seenPart(
  { width, height }: { width: number; height: number },
  { size, fit = "crop", edge = size, exact }: PictureOptions,
): SeenPart {
  if (fit === "squash") return { left: 0, top: 0, width: 1, height: 1 };
  if (fit === "crop" && exact !== undefined) {
    const [down, across] = [size / exact[0], size / exact[1]];
    return { left: (1 - across) / 2, top: (1 - down) / 2, width: across, height: down };
  }
  const side = fit === "crop" ? Math.min(width, height) * size / edge : Math.max(width, height);
  return { left: (1 - side / width) / 2, top: (1 - side / height) / 2, width: side / width, height: side / height };
}

/** The part of a picture's area that is cut away, in [0, 1]. */
export function cutAway({ width, height }: SeenPart): number {
  return 1 - Math.min(1, width) * Math.min(1, height);
}
