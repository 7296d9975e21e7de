/**
 * Pictures of bytes as CLIP's towers take them.
 *
 * @module
 */
import { CLIP_MEAN, CLIP_STD } from "../../lib/image/preprocess.ts";

const TABLES = CLIP_MEAN.map((mean, c) =>
  Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / (CLIP_STD[c] as number))
);

/**
 * Normalises a picture: RGB bytes `[S * S * 3]` (row, column, colour) to `[3 * S * S]` (colour, row, column).
 *
 * @param shift moves the picture by whole pixels (right, down); its edge is repeated. Default none.
 */
export function normalisePicture(
  rgb: Uint8Array,
  size: number,
  shift: readonly [number, number] = [0, 0],
): Float32Array {
  const result = new Float32Array(3 * size * size);
  const inside = (place: number): number => place < 0 ? 0 : place >= size ? size - 1 : place;
  for (let c = 0; c < 3; c++) {
    const table = TABLES[c] as Float32Array;
    let to = c * size * size;
    for (let y = 0; y < size; y++) {
      const row = inside(y - shift[1]) * size;
      for (let x = 0; x < size; x++) {
        result[to++] = table[rgb[(row + inside(x - shift[0])) * 3 + c] as number] as number;
      }
    }
  }
  return result;
}
