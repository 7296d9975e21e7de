/**
 * The colours of all figures.
 *
 * @module
 */
import type { Variant } from "../../systems/variants.ts";

/** The palette of Okabe and Ito, which stays distinct for the colour-blind. */
export const PALETTE = {
  orange: "#E69F00",
  sky: "#56B4E9",
  green: "#009E73",
  yellow: "#F0E442",
  blue: "#0072B2",
  vermilion: "#D55E00",
  purple: "#CC79A7",
  black: "#000000",
} as const;

/** The palette in the order in which unnamed things take colours. */
export const COLOURWAY: readonly string[] = [
  PALETTE.blue,
  PALETTE.orange,
  PALETTE.green,
  PALETTE.vermilion,
  PALETTE.sky,
  PALETTE.purple,
];

/** One colour a variant, in every figure. */
export const VARIANT_COLOURS: Readonly<Record<Variant, string>> = {
  "pip-zero-shot": PALETTE.sky,
  "pip-zero-shot-gt": PALETTE.blue,
  "pip": PALETTE.orange,
  "pip-gt": PALETTE.purple,
  "e2e": PALETTE.green,
  "full": PALETTE.vermilion,
};

/** What a variant is called in figures, where room is short; `(captions)`: it reads written captions. */
export const VARIANT_LABELS: Readonly<Record<Variant, string>> = {
  "pip-zero-shot": "Zero-shot",
  "pip-zero-shot-gt": "Zero-shot (captions)",
  "pip": "PIP-only",
  "pip-gt": "PIP-only (captions)",
  "e2e": "E2E-only",
  "full": "BrewCLIP",
};

/** Colours that are not data: those of paper by day and of a screen by night. */
export interface Ground {
  /** Behind everything. */
  paper: string;
  /** Text, axes, intervals. */
  ink: string;
  /** Text of less weight, chance lines. */
  muted: string;
  /** Grid lines. */
  grid: string;
}

/** Light: for paper. */
export const LIGHT: Readonly<Ground> = { paper: "#ffffff", ink: "#1c1c1e", muted: "#5f6368", grid: "#e3e5e8" };

/** Dark: for screens at night. */
export const DARK: Readonly<Ground> = { paper: "#16181d", ink: "#e9eaec", muted: "#a9adb5", grid: "#363b44" };

/** Anchors of a scale from white to dark blue, whose lightness falls evenly: heat maps of shares. */
export const BLUES: readonly (readonly [number, string])[] = [
  [0, "#f7fbff"],
  [0.25, "#c6dbef"],
  [0.5, "#6baed6"],
  [0.75, "#2171b5"],
  [1, "#08306b"],
];
