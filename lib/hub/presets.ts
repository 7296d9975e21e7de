/**
 * The published models by short names.
 *
 * @module
 */

/** What a model does for BrewCLIP. */
export type ModelKind = "clip" | "whisper";

/** A published model. */
export interface ModelPreset {
  /** The name on the command line. */
  name: string;
  /** CLIP or Whisper. */
  kind: ModelKind;
  /** The repository on the Hugging Face hub. */
  id: string;
  /** Parameters in millions, both towers of CLIP or encoder and decoder of Whisper. */
  millions: number;
  /** Width of what BrewCLIP takes from it: CLIP's joint width, or that of Whisper's encoder states. */
  width: number;
  /** For a person: what tells it from the others. */
  note: string;
  /** The pull request whose `model.safetensors` is taken where the repository itself has none. */
  conversion?: string;
}

/** Where the ONNX files of OpenAI's Whisper models are published. */
const WHISPERS = "onnx-community";

/**
 * OpenAI's CLIP and Whisper models that have a short name; any other CLIP or Whisper of the same architecture is named by
 * its hub id, `ORGANISATION/NAME`.
 *
 * @example
 * ```ts
 * import { MODEL_PRESETS } from "./presets.ts";
 * const paper = MODEL_PRESETS.find(({ name }) => name === "clip-vit-large-patch14");
 * if (paper?.id !== "openai/clip-vit-large-patch14") throw new Error(paper?.id);
 * ```
 */
export const MODEL_PRESETS: readonly ModelPreset[] = [
  {
    ...clip("clip-vit-base-patch32", 151, 512, "ViT-B/32: 50 places a picture, the fastest"),
    conversion: "refs/pr/15",
  },
  clip("clip-vit-base-patch16", 150, 512, "ViT-B/16: 197 places a picture"),
  clip("clip-vit-large-patch14", 428, 768, "ViT-L/14: 257 places a picture, the paper's"),
  whisper("whisper-tiny", 39, 384, "99 languages"),
  whisper("whisper-tiny.en", 39, 384, "English only"),
  whisper("whisper-base", 74, 512, "99 languages, the paper's"),
  whisper("whisper-base.en", 74, 512, "English only, that of the paper's published code"),
  whisper("whisper-small", 244, 768, "99 languages"),
  whisper("whisper-small.en", 244, 768, "English only"),
];

/** The preset of a name, or of the hub id that it stands for. */
export function modelPreset(name: string): ModelPreset | undefined {
  return MODEL_PRESETS.find((preset) => preset.name === name || preset.id === name);
}

/** Whether a text has the form of a hub id, `ORGANISATION/NAME`. */
export function isHubId(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text) && !/--|\.\./.test(text) && text.length <= 96;
}

function clip(name: string, millions: number, width: number, note: string): ModelPreset {
  return { name, kind: "clip", id: `openai/${name}`, millions, width, note };
}

function whisper(name: string, millions: number, width: number, note: string): ModelPreset {
  return { name, kind: "whisper", id: `${WHISPERS}/${name}`, millions, width, note };
}
