/** Paths as addresses for a browser. */
import { pathToFileURL } from "node:url";

/** The `file:` address of a path. */
export function toFileUrl(path: string): string {
  return pathToFileURL(path).href;
}
