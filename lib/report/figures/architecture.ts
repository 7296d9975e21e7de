/** The architecture of the model. */
import { basename, join } from "@std/path";
import { readClipConfig } from "../../clip/config.ts";
import { InputError } from "../../errors.ts";
import { readJson } from "../../files/read.ts";
import type { RunConfig } from "../../training/config.ts";
import { type Arrow, type Box, diagram, frameOf, type Kind, KINDS, label } from "./diagram.ts";
import type { Figure, PlotlyLayout } from "./figure.ts";
import { LIGHT, PALETTE } from "./style.ts";

/** The sizes in the drawing. */
export interface ArchitectureNumbers {
  /** The models they belong to. Default: not named. */
  models?: string;
  /** Positions of the shared prompts, M. */
  promptLength: number;
  /** Width of CLIP's text tower. */
  textWidth: number;
  /** Width of CLIP's vision tower. */
  visionWidth: number;
  /** Width of Whisper's encoder states. */
  whisperWidth: number;
  /** Width of the joint space. */
  joint: number;
}

const PAPER_NUMBERS: Readonly<ArchitectureNumbers> = {
  models: "CLIP ViT-L/14 and Whisper base, as in the paper",
  promptLength: 4,
  textWidth: 768,
  visionWidth: 1024,
  whisperWidth: 512,
  joint: 768,
};

/** The sizes of a run, from the folders of its frozen models; undefined if they are missing or damaged. */
export async function readArchitecture(
  { clip, whisper, promptLength }: Pick<RunConfig, "clip" | "whisper" | "promptLength">,
): Promise<ArchitectureNumbers | undefined> {
  try {
    const { text, vision, projection: joint } = await readClipConfig(clip);
    const { d_model: whisperWidth } = await readJson(join(whisper, "config.json")) as { d_model?: unknown };
    if (typeof whisperWidth !== "number") return undefined;
    const models = `${basename(clip)} and ${basename(whisper)}`;
    return { models, promptLength, textWidth: text.width, visionWidth: vision.width, whisperWidth, joint };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** y points down. */
const SIZE = { width: 1180, height: 516 };

/**
 * The model (paper, Section 3): frozen and trained parts, shared prompts, and the features that the losses compare.
 *
 * @param numbers the sizes shown. Default: the paper's
 */
export function architectureFigure(numbers: ArchitectureNumbers = PAPER_NUMBERS): Figure {
  const { models, promptLength, textWidth, visionWidth, joint } = numbers;
  return {
    name: "architecture",
    title: "The architecture of BrewCLIP",
    caption:
      "A recording is encoded twice: as text, through Whisper's transcript and CLIP's text tower, and as sound, through " +
      `one trained layer over Whisper's encoder states. ${promptLength} shared prompts of width ${textWidth} enter the text tower ` +
      `and the acoustic branch and, projected to width ${visionWidth}, the vision tower. The speech feature is the sum of the ` +
      `text and the acoustic feature. All features have width ${joint}.${
        models === undefined ? "" : ` Sizes: ${models}.`
      }`,
    alt:
      "Diagram. Speech goes into the frozen Whisper; its transcript goes through CLIP's frozen text tower to F_T, its states " +
      "through the trained acoustic branch to F_A; their sum is F_L. The image goes through CLIP's frozen vision tower to F_V. " +
      "Trained shared prompts enter all three. The outer loss compares F_V with F_L, the inner loss F_A with F_T.",
    ...diagram({
      ...SIZE,
      inches: 3.2,
      boxes: boxes(numbers),
      arrows: arrows(),
      shapes: [...legendBoxes(), plus()],
      annotations: [...legendTexts(), ...labels()],
    }),
  };
}

function boxes({ promptLength, textWidth, visionWidth, whisperWidth, joint }: ArchitectureNumbers): Box[] {
  return [
    ["data", 10, 20, 130, 70, "image", "pixels"],
    ["data", 10, 265, 130, 70, "speech", "16 kHz, mono"],
    ["frozen", 195, 250, 160, 100, "Whisper", "encoder once,", "then the decoder"],
    ["data", 430, 175, 130, 70, "transcript", "77 tokens"],
    ["data", 430, 375, 130, 70, "states", `50 / s × ${whisperWidth}`],
    ["trained", 175, 110, 190, 70, "shared prompts", `P<sub>T</sub>: ${promptLength} × ${textWidth}`],
    ["trained", 430, 65, 130, 62, "P<sub>V</sub>", `${promptLength} × ${visionWidth}`],
    ["frozen", 625, 8, 205, 94, "CLIP vision tower", "class, patches, P<sub>V</sub>;", "read at class"],
    ["frozen", 625, 163, 205, 94, "CLIP text tower", "start, P<sub>T</sub>, words;", "read at the end"],
    ["trained", 625, 363, 205, 94, "acoustic branch", "CLS, P<sub>T</sub>, states:", "one layer; read at CLS"],
    ["data", 878, 28, 74, 54, "F<sub>V</sub>", String(joint)],
    ["data", 878, 183, 74, 54, "F<sub>T</sub>", String(joint)],
    ["data", 878, 383, 74, 54, "F<sub>A</sub>", String(joint)],
    ["data", 985, 283, 74, 54, "F<sub>L</sub>", "speech"],
    ["loss", 1010, 8, 166, 94, "outer loss", "InfoNCE with τ:", "F<sub>V</sub> and F<sub>L</sub>"],
    ["loss", 1010, 363, 166, 94, "inner loss", "InfoNCE with τ:", "F<sub>A</sub> and F<sub>T</sub>"],
  ];
}

function arrows(): Arrow[] {
  const prompt = PALETTE.orange, loss = PALETTE.purple;
  return [
    { points: [[140, 300], [195, 300]] },
    { points: [[355, 275], [392, 275], [392, 210], [430, 210]] },
    { points: [[355, 325], [392, 325], [392, 410], [430, 410]] },
    { points: [[560, 210], [625, 210]] },
    { points: [[560, 410], [625, 410]] },
    { points: [[140, 38], [625, 38]] },
    { points: [[830, 55], [878, 55]] },
    { points: [[830, 210], [878, 210]] },
    { points: [[830, 410], [878, 410]] },
    { points: [[915, 237], [915, 290]] },
    { points: [[915, 383], [915, 330]] },
    { points: [[935, 310], [985, 310]] },
    { points: [[1040, 283], [1040, 102]] },
    { points: [[952, 55], [1010, 55]] },
    { points: [[952, 420], [1010, 420]] },
    { points: [[952, 222], [968, 222], [968, 396], [1010, 396]], colour: loss },
    { points: [[365, 122], [398, 122], [398, 96], [430, 96]], colour: prompt },
    { points: [[560, 82], [625, 82]], colour: prompt },
    { points: [[365, 150], [596, 150], [596, 184], [625, 184]], colour: prompt },
    { points: [[596, 184], [596, 384], [625, 384]], colour: prompt },
  ];
}

function plus(): PlotlyLayout {
  const line = { color: LIGHT.ink, width: 1.1 };
  return {
    type: "circle",
    layer: "below",
    xref: "x",
    yref: "y",
    x0: 896,
    y0: 291,
    x1: 934,
    y1: 329,
    line,
    fillcolor: LIGHT.paper,
  };
}

function labels(): PlotlyLayout[] {
  return [label("<b>+</b>", 915, 309, true), label("linear", 388, 82, false, "right")];
}

const LEGEND: [kind: Kind, left: number, label: string][] = [
  ["frozen", 10, KINDS.frozen.label],
  ["trained", 125, KINDS.trained.label],
  ["data", 245, KINDS.data.label],
  ["loss", 455, "loss = α · inner + (1 − α) · outer"],
];

function legendBoxes(): PlotlyLayout[] {
  return LEGEND.map(([kind, left]) => frameOf([kind, left, 484, 24, 18, ""]));
}

function legendTexts(): PlotlyLayout[] {
  return LEGEND.map(([, left, text]) => label(text, left + 32, 493, false, "left"));
}
