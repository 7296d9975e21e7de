/** The published systems, one diagram each. */
import { type Arrow, type Box, diagram, type Kind } from "./diagram.ts";
import type { Figure } from "./figure.ts";

/** A part of a system: its kind, its name and a line about it. */
type Part = [kind: Kind, title: string, ...lines: string[]];

/** What a system does with each side, and with both. */
interface Drawn {
  label: string;
  speech: Part[];
  image: Part[];
  /** The box that both sides lead to. */
  both: Part;
  /** What it is, in a few sentences. */
  caption: string;
}

const WHISPER: Part = ["frozen", "Whisper", "encoder states", "of all layers"];
const SPEECH: Part = ["data", "speech"];
const IMAGE: Part = ["data", "image"];
const CLIP_IMAGE: Part[] = [IMAGE, ["frozen", "CLIP vision", "read at class"]];

/** The name of a diagram of {@link systemFigure}. */
export type DrawnSystem = "speechclip-p" | "speechclip-c" | "fast-vgs" | "resdavenet" | "milan";

const DRAWN: Readonly<Record<DrawnSystem, Drawn>> = {
  "speechclip-p": {
    label: "SpeechCLIP parallel",
    speech: [SPEECH, WHISPER, ["trained", "one layer", "over mixed layers,", "read at CLS"]],
    image: CLIP_IMAGE,
    both: ["loss", "InfoNCE", "halved, with τ"],
    caption:
      "The layers' states are averaged with learned weights. A class token attends to all frames in one transformer " +
      "layer; a linear map takes it into CLIP's space, where it is compared with the frozen image feature. No transcript " +
      "is read.",
  },
  "speechclip-c": {
    label: "SpeechCLIP cascaded",
    speech: [
      SPEECH,
      WHISPER,
      ["trained", "attention", "of 8 keyword tokens", "to mixed layers"],
      ["trained", "keywords", "nearest word pieces"],
      ["frozen", "CLIP text", "read at the end"],
    ],
    image: CLIP_IMAGE,
    both: ["loss", "InfoNCE", "halved, with τ"],
    caption:
      "Eight keyword tokens attend to the frames. Each picks the word piece of CLIP whose embedding is closest, and " +
      "the eight pieces are read by CLIP's text tower. The choice has a straight-through gradient. The keywords can be " +
      "read, but none was ever taught.",
  },
  "fast-vgs": {
    label: "FaST-VGS",
    speech: [
      SPEECH,
      WHISPER,
      ["trained", "conv tower", "over mixed layers,", "1 token in 16 frames"],
      ["trained", "one layer", "coarse vector", "at the class token"],
    ],
    image: [
      IMAGE,
      ["frozen", "CLIP vision", "patches"],
      ["trained", "6 layers", "coarse vector", "at the class token"],
    ],
    both: ["trained", "cross-modal layers", "fine score of a pair;", "two softmax losses"],
    caption: "Both sides have a coarse vector, whose dot product searches all images at once (fast-vgs-co). Two " +
      "cross-modal layers read the tokens of a pair and score it; fast-vgs-ctf puts the 100 best of the coarse search " +
      "in that order. That costs a forward pass for each of the 100 pairs of a query.",
  },
  "resdavenet": {
    label: "ResDAVEnet",
    speech: [["data", "speech", "log-mel frames"], ["trained", "conv tower", "along time"], [
      "trained",
      "mean",
      "over frames",
    ]],
    image: [["data", "image", "pixels"], ["trained", "conv tower", "rows and columns"], [
      "trained",
      "mean",
      "linear map",
    ]],
    both: ["loss", "triplet loss", "a drawn and a", "semi-hard impostor"],
    caption:
      "Two towers of residual convolutions are trained from scratch. No pretrained model is used. The score is the dot " +
      "product of the means. Each match must beat one impostor drawn at random and the best one below it by a margin of 1.",
  },
  "milan": {
    label: "MILAN",
    speech: [["data", "speech", "log-mel picture"], ["trained", "conv tower", "bins and time"], [
      "trained",
      "mean",
      "linear map",
    ]],
    image: [["data", "image", "pixels"], ["trained", "conv tower", "rows and columns"], [
      "trained",
      "mean",
      "linear map",
    ]],
    both: ["loss", "masked margin", "softmax, with τ"],
    caption:
      "Like ResDAVEnet, but the spectrogram is a picture, features have length 1, and each match must beat all other " +
      "images of the batch at once: a softmax over cosines, from which a margin is taken off for the match.",
  },
};

/** The names of all diagrams. */
export const DRAWN_SYSTEMS: readonly DrawnSystem[] = Object.keys(DRAWN) as DrawnSystem[];

const [WIDTH, HEIGHT] = [1180, 230];
const [BOX_HEIGHT, GAP] = [88, 26];

/** A published system in our frame: what it reads, what is frozen and trained, and its loss. */
export function systemFigure(system: DrawnSystem): Figure {
  const { label, speech, image, both, caption }: Drawn = DRAWN[system];
  const columns = Math.max(speech.length, image.length) + 1;
  const width = (WIDTH - 20 - GAP * (columns - 1)) / columns;
  const place = ([kind, ...texts]: Part, column: number, top: number): Box => [
    kind,
    10 + column * (width + GAP),
    top,
    width,
    BOX_HEIGHT,
    ...texts,
  ];
  const tops = [16, HEIGHT - 16 - BOX_HEIGHT];
  const rows = [speech, image].map((parts, row) => parts.map((part, column) => place(part, column, tops[row]!)));
  const end = place(both, columns - 1, (HEIGHT - BOX_HEIGHT) / 2);
  const arrows = rows.flatMap((boxes, row): Arrow[] => {
    const y = tops[row]! + BOX_HEIGHT / 2;
    const between = boxes.slice(1).map((to, i): Arrow => ({ points: [[right(boxes[i]!), y], [to[1], y]] }));
    const [turn, middle] = [end[1] - GAP / 2, end[2] + BOX_HEIGHT * (row === 0 ? 0.35 : 0.65)];
    return [...between, { points: [[right(boxes.at(-1)!), y], [turn, y], [turn, middle], [end[1], middle]] }];
  });
  const parts = (side: Part[]): string => side.map(([kind, title]) => `${title} (${kind})`).join(", ");
  return {
    name: `system_${system.replaceAll("-", "_")}`,
    title: `${label} in our frame`,
    caption,
    alt: `Diagram of ${label}. Speech: ${parts(speech)}. Image: ${parts(image)}. Both: ${both[1]}.`,
    ...diagram({
      width: WIDTH,
      height: HEIGHT,
      inches: 1.5,
      boxes: [...rows.flat(), end],
      arrows,
    }),
  };
}

const right = ([, left, , width]: Box): number => left + width;
