/** Every system that can be trained: the six variants of BrewCLIP's tables, and the published systems of Table 1 in our frame. */

/** Names of the systems. */
export const SYSTEM_NAMES = [
  "brewclip",
  "speechclip-p",
  "speechclip-c",
  "speechclip-h",
  "speechclip-h-parallel",
  "fast-vgs-co",
  "fast-vgs-ctf",
  "resdavenet",
  "milan",
] as const;

/** A system; BrewCLIP has variants. */
export type SystemName = typeof SYSTEM_NAMES[number];

/** The name of a model: a variant of BrewCLIP, or another system. */
export type Variant =
  | "pip-zero-shot"
  | "pip-zero-shot-gt"
  | "pip"
  | "pip-gt"
  | "e2e"
  | "full"
  | "speechclip-p"
  | "speechclip-c"
  | "speechclip-h"
  | "speechclip-h-parallel"
  | "fast-vgs-co"
  | "fast-vgs-ctf"
  | "resdavenet"
  | "milan";

/** Names of BrewCLIP's variants. */
export type BrewClipVariant = Exclude<Variant, SystemName>;

/** What a model reads, and whether it is trained. */
export interface VariantParts {
  /** The text feature F_T of the transcript or caption. */
  text: boolean;
  /** Frames of sound: Whisper's states, or a log-mel spectrogram. */
  acoustic: boolean;
  /** Trained prompts in every branch. */
  prompts: boolean;
  /** Whether it has parameters to train. */
  trained: boolean;
  /** The source of the text: the transcript or the written caption. */
  source: "transcript" | "caption";
  /** What it reads of an image: its pixels, the frozen CLIP's feature `[D]`, or its patches `[N, Hv]`. */
  image: "pixels" | "feature" | "patches";
  /** Whether its frames are the states of all layers of Whisper, whatever the config says. */
  allLayers?: true;
  /** Mel bins of a frame, if the frames are a log-mel spectrogram. */
  mel?: number;
  /** Whether it chooses words of a vocabulary: the tokens of the training captions. */
  keywords?: true;
  /** The model with the same parameters and loss, if they differ only in how they search. */
  trainsAs?: Variant;
}

const BREWCLIP = { source: "transcript", image: "pixels" } as const;
const SOUND = { text: false, acoustic: true, prompts: false, trained: true, source: "transcript" } as const;
const SPEECHCLIP = { ...SOUND, image: "feature", allLayers: true } as const;
const FAST_VGS = { ...SOUND, image: "patches", allLayers: true } as const;
const TOWERS = { ...SOUND, image: "pixels", mel: 40 } as const;

/** The variants of BrewCLIP (paper, section 3 and Tables 1, 2 and 4). */
export const BREWCLIP_VARIANTS: Readonly<Record<BrewClipVariant, VariantParts>> = {
  "pip-zero-shot": { ...BREWCLIP, text: true, acoustic: false, prompts: false, trained: false },
  "pip-zero-shot-gt": { ...BREWCLIP, text: true, acoustic: false, prompts: false, trained: false, source: "caption" },
  "pip": { ...BREWCLIP, text: true, acoustic: false, prompts: true, trained: true },
  "pip-gt": { ...BREWCLIP, text: true, acoustic: false, prompts: true, trained: true, source: "caption" },
  "e2e": { ...BREWCLIP, text: false, acoustic: true, prompts: true, trained: true },
  "full": { ...BREWCLIP, text: true, acoustic: true, prompts: true, trained: true },
};

/** All models by name. */
export const VARIANTS: Readonly<Record<Variant, VariantParts>> = {
  ...BREWCLIP_VARIANTS,
  "speechclip-p": SPEECHCLIP,
  "speechclip-c": { ...SPEECHCLIP, keywords: true },
  "speechclip-h": { ...SPEECHCLIP, keywords: true },
  "speechclip-h-parallel": { ...SPEECHCLIP, keywords: true, trainsAs: "speechclip-h" },
  "fast-vgs-co": FAST_VGS,
  "fast-vgs-ctf": { ...FAST_VGS, trainsAs: "fast-vgs-co" },
  "resdavenet": TOWERS,
  "milan": TOWERS,
};

/** How many transcripts of each recording a model averages: the given number, or 1 if it does not read them. */
export function transcriptsRead(variant: Variant, transcripts: number): number {
  const { text, source } = VARIANTS[variant];
  return text && source === "transcript" ? transcripts : 1;
}

/** Whether two models have the same training. */
export function trainAlike(one: Variant, other: Variant): boolean {
  return (VARIANTS[one].trainsAs ?? one) === (VARIANTS[other].trainsAs ?? other);
}

/** The system of a model. */
export function systemNameOf(variant: Variant): SystemName {
  return Object.hasOwn(BREWCLIP_VARIANTS, variant) ? "brewclip" : variant as SystemName;
}
