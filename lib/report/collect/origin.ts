/** The data of a result. */
import { PAPER_SET_NAMES, PAPER_SETS, type PaperSet } from "../paper.ts";

/** Where data come from: the bundled sample, one of the published data sets, or the user. */
export type OriginKind = "sample" | "published" | "own";

export const ORIGIN_KINDS: readonly OriginKind[] = ["sample", "published", "own"];

/** The data of a result. */
export interface DataOrigin {
  /** Where they come from. */
  kind: OriginKind;
  /** The layout, `"tone"` for the tone benchmark, `"ravdess"`, or `"own"`. */
  set: string;
  /** Its folder or file. */
  root: string;
  /** How many images were used, if only the first ones were. */
  part?: number;
}

/**
 * Identifies data by layout and path.
 *
 * @param dataset `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`
 * @param maxPictures how many images are used, if only the first ones are
 */
export function originOf(dataset: string, root: string, maxPictures: number | null = null): DataOrigin {
  const path = root.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  const [, inSample] = /(?:^|\/)data\/sample\/([^/]+)/.exec(path) ?? [];
  const part = maxPictures === null ? {} : { part: maxPictures };
  if (inSample !== undefined) return { kind: "sample", set: dataset === "own" ? inSample : dataset, root, ...part };
  return { kind: dataset === "own" ? "own" : "published", set: dataset, root, ...part };
}

/** Equal for results of the same data, wherever a published set is stored and whether or not a part of it is used. */
export function originKey({ kind, set, root }: DataOrigin): string {
  return kind === "own" ? `own ${root}` : `${kind} ${set}`;
}

/** For file names: `"sample"`, `"published"`, `"own_pairs"`. */
export function originSlug({ kind, root }: DataOrigin): string {
  return kind === "own" ? `own_${slug((root.split(/[\\/]/).pop() ?? "").replace(/\.\w+$/, ""))}` : kind;
}

export function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || "data";
}

export function setName({ kind, set, root }: DataOrigin): string {
  if (kind === "own") return root.split(/[\\/]/).pop() ?? root;
  if (set === "ravdess") return "RAVDESS";
  if (set === "tone") return "tone benchmark";
  return isPaperSet(set) ? PAPER_SET_NAMES[set] : set;
}

export function isPaperSet(set: string): set is PaperSet {
  return (PAPER_SETS as readonly string[]).includes(set);
}

/** For the title of a table. */
export function originTitle(origin: DataOrigin): string {
  const part = origin.part === undefined ? "" : `, only its first ${origin.part} images of a split`;
  if (origin.kind === "sample") return `ours: the bundled sample${part}, not the paper's data`;
  return origin.kind === "own"
    ? `ours: own data (${setName(origin)})${part}`
    : `ours: ${setName(origin)} itself${part}`;
}

export function originLabel(origin: DataOrigin): string {
  if (origin.kind === "sample") return "bundled sample";
  return origin.kind === "own" ? setName(origin) : "published data";
}

/** `"Flickr8k, SpokenCOCO (bundled sample)"` */
export function setsLine(data: readonly DataOrigin[]): string {
  return [...Map.groupBy(data, originLabel)].map(([label, origins]) => {
    const names = [...new Set(origins.map(setName))].join(", ");
    return names === label ? names : `${names} (${label})`;
  }).join("; ");
}
