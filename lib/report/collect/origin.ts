/**
 * Which data, seeds and models a result belongs to.
 *
 * @module
 */
import { PAPER_SET_NAMES, PAPER_SETS, type PaperSet } from "../paper.ts";

/**
 * Where data come from: this project's bundled sample; one of the published data sets, in a folder that the user names; the
 * user's own.
 */
export type OriginKind = "sample" | "published" | "own";

/** The kinds of data. */
export const ORIGIN_KINDS: readonly OriginKind[] = ["sample", "published", "own"];

/** Which data a result is of. */
export interface DataOrigin {
  /** Where they come from. */
  kind: OriginKind;
  /** The set: its layout, `"tone"` for the tone benchmark, `"ravdess"`, or `"own"`. */
  set: string;
  /** Its folder or file. */
  root: string;
  /** Where only the first images of it were used: how many. */
  part?: number;
}

/**
 * Which data stand at a place.
 *
 * @param dataset the layout: `"flickr8k"`, `"spokencoco"`, `"ln-coco"`, `"ravdess"` or `"own"`
 * @param maxPictures where only the first images are used: how many
 *
 * @example
 * ```ts
 * import { originOf } from "./origin.ts";
 * const { kind, set } = originOf("own", "data/sample/tone/pairs.jsonl");
 * if (kind !== "sample" || set !== "tone") throw new Error(`${kind} ${set}`);
 * ```
 */
export function originOf(dataset: string, root: string, maxPictures: number | null = null): DataOrigin {
  const path = root.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  const [, inSample] = /(?:^|\/)data\/sample\/([^/]+)/.exec(path) ?? [];
  const part = maxPictures === null ? {} : { part: maxPictures };
  if (inSample !== undefined) return { kind: "sample", set: dataset === "own" ? inSample : dataset, root, ...part };
  return { kind: dataset === "own" ? "own" : "published", set: dataset, root, ...part };
}

/** What tells data apart: two results of the same data share it, wherever a published set stands, and of a part of it too. */
export function originKey({ kind, set, root }: DataOrigin): string {
  return kind === "own" ? `own ${root}` : `${kind} ${set}`;
}

/** A part of file names: `"sample"`, `"published"`, `"own_pairs"`. */
export function originSlug({ kind, root }: DataOrigin): string {
  return kind === "own" ? `own_${slug((root.split(/[\\/]/).pop() ?? "").replace(/\.\w+$/, ""))}` : kind;
}

/** A text as small letters, digits and underscores. */
export function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || "data";
}

/** The set as people write it. */
export function setName({ kind, set, root }: DataOrigin): string {
  if (kind === "own") return root.split(/[\\/]/).pop() ?? root;
  if (set === "ravdess") return "RAVDESS";
  if (set === "tone") return "tone benchmark";
  return isPaperSet(set) ? PAPER_SET_NAMES[set] : set;
}

/** Whether a set is one of the paper's retrieval tables. */
export function isPaperSet(set: string): set is PaperSet {
  return (PAPER_SETS as readonly string[]).includes(set);
}

/** Which data ours are, for the title of a table. */
export function originTitle(origin: DataOrigin): string {
  const part = origin.part === undefined ? "" : `, only its first ${origin.part} images of a split`;
  if (origin.kind === "sample") return `ours: the bundled sample${part}, not the paper's data`;
  return origin.kind === "own"
    ? `ours: own data (${setName(origin)})${part}`
    : `ours: ${setName(origin)} itself${part}`;
}

/** The same in a word or two. */
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
