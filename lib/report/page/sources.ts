/**
 * Data as a text.
 *
 * @module
 */
import { type DataOrigin, originLabel, setName } from "../collect/data_origin.ts";

/** `"Flickr8k, SpokenCOCO (bundled sample)"` */
export function setsLine(data: readonly DataOrigin[]): string {
  return [...Map.groupBy(data, originLabel)].map(([label, origins]) => {
    const names = [...new Set(origins.map(setName))].join(", ");
    return names === label ? names : `${names} (${label})`;
  }).join("; ");
}
