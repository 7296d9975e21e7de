/**
 * Draws the objects of a scene, and its emotion.
 *
 * @module
 */
import sharp from "sharp";
import { Random } from "../../lib/random.ts";
import { sceneSvg } from "./draw_scene.ts";
import type { Kind, Scene } from "./scene.ts";

/** The colors of one thing, as SVG colors. */
export interface Paint {
  /** The body. */
  main: string;
  /** Its shaded side. */
  dark: string;
  /** Its lit side. */
  light: string;
  /** The outline. */
  line: string;
}

const WHEEL = "#2b2b2f";
const GLASS = "#bfe3f2";
const WOOD = "#7a5230";

/** The SVG elements of a kind, painted. */
export function drawThing(kind: Kind, paint: Paint): string {
  return `<g stroke="${paint.line}" stroke-width="3" stroke-linejoin="round" stroke-linecap="round">${
    DRAWINGS[kind](paint)
  }</g>`;
}

const DRAWINGS: Record<Kind, (paint: Paint) => string> = {
  ball: ({ main, dark, light }) =>
    `<circle r="44" fill="${main}"/>
     <path d="M-44 0 Q0 28 44 0 M0 -44 Q-36 0 0 44 M0 -44 Q36 0 0 44" fill="none" stroke="${dark}" stroke-width="5"/>
     <ellipse cx="-17" cy="-23" rx="12" ry="8" fill="${light}" stroke="none" transform="rotate(-35 -17 -23)"/>
     <circle r="44" fill="none"/>`,

  bird: ({ main, dark, light }) =>
    `<path d="M-8 40 v-12 M8 40 v-12 M-16 42 h14 M2 42 h14" fill="none" stroke="#c47a1c" stroke-width="5"/>
     <path d="M-20 4 L-50 -14 L-46 8 L-50 20 L-18 20 Z" fill="${dark}"/>
     <path d="M36 -24 L50 -15 L34 -10 Z" fill="#f0a020"/>
     <path d="M-28 6 Q-22 -14 2 -18 Q4 -42 24 -42 Q42 -40 40 -20 Q40 32 0 32 Q-26 30 -28 6 Z" fill="${main}"/>
     <path d="M-20 4 Q4 -12 18 6 Q4 26 -20 4 Z" fill="${light}"/>
     <circle cx="26" cy="-26" r="5" fill="#fff" stroke-width="1.5"/><circle cx="27" cy="-26" r="2.6" fill="#111" stroke="none"/>`,

  boat: ({ main, dark, light }) =>
    `<path d="M-3 12 V-49" stroke="${WOOD}" stroke-width="5"/>
     <path d="M1 -46 L36 2 L1 2 Z" fill="${light}"/>
     <path d="M-7 -36 L-34 2 L-7 2 Z" fill="${main}"/>
     <path d="M-50 12 H50 Q42 42 24 42 H-28 Q-44 40 -50 12 Z" fill="${main}"/>
     <path d="M-45 25 H45" stroke="${dark}" stroke-width="6"/>`,

  car: ({ main, dark, light }) =>
    `<path d="M-28 -6 L-18 -30 Q-16 -33 -12 -33 H14 Q18 -33 21 -29 L34 -6 Z" fill="${light}"/>
     <path d="M-21 -8 L-13 -26 H-1 V-8 Z M5 -8 V-26 H14 L25 -8 Z" fill="${GLASS}" stroke-width="2"/>
     <path d="M-50 18 V2 Q-50 -7 -40 -7 H36 Q50 -5 50 8 V18 Z" fill="${main}"/>
     <path d="M-48 11 H48" stroke="${dark}" stroke-width="4"/>
     <circle cx="45" cy="3" r="4" fill="#ffe98a" stroke-width="1.5"/>
     <circle cx="-27" cy="19" r="14" fill="${WHEEL}"/><circle cx="27" cy="19" r="14" fill="${WHEEL}"/>
     <circle cx="-27" cy="19" r="6" fill="#ccc" stroke="none"/><circle cx="27" cy="19" r="6" fill="#ccc" stroke="none"/>`,

  cat: ({ main, dark, light }) =>
    `<path d="M-22 36 Q-52 34 -44 2 Q-42 -8 -34 -6" fill="none" stroke="${main}" stroke-width="10"/>
     <path d="M-28 46 Q-34 0 4 -4 Q34 0 32 46 Z" fill="${main}"/>
     <path d="M-2 46 Q2 20 8 46 M14 46 Q18 20 22 46" fill="${light}" stroke-width="2"/>
     <path d="M-17 -22 L-16 -50 L0 -38 H18 L34 -50 L36 -22 Z" fill="${main}"/>
     <ellipse cx="10" cy="-18" rx="28" ry="23" fill="${main}"/>
     <path d="M-10 -40 L-8 -30 M28 -40 L26 -31" stroke="${dark}" stroke-width="4"/>
     <ellipse cx="0" cy="-22" rx="5" ry="6" fill="#d8f060" stroke-width="1.5"/><ellipse cx="20" cy="-22" rx="5" ry="6" fill="#d8f060" stroke-width="1.5"/>
     <path d="M0 -26 V-18 M20 -26 V-18" stroke="#111" stroke-width="2.5"/>
     <path d="M7 -12 H13 L10 -8 Z" fill="#f58a9b" stroke-width="1.5"/>
     <path d="M-4 -10 L-28 -14 M-4 -7 L-28 -4 M24 -10 L46 -14 M24 -7 L46 -4" stroke-width="1.5"/>`,

  chair: ({ main, dark, light }) =>
    `<path d="M-21 -4 V-46 M21 -4 V-46" stroke="${dark}" stroke-width="9"/>
     <path d="M-21 -48 Q0 -54 21 -48 V-34 H-21 Z M-21 -26 H21 V-14 H-21 Z" fill="${main}"/>
     <path d="M-14 18 V34 M14 18 V34" stroke="${dark}" stroke-width="7"/>
     <path d="M-29 18 L-32 48 M29 18 L32 48" stroke="${dark}" stroke-width="9"/>
     <path d="M-24 -4 H24 L36 12 V20 H-36 V12 Z" fill="${main}"/>
     <path d="M-33 13 H33" stroke="${light}" stroke-width="4"/>`,

  cup: ({ main, dark, light }) =>
    `<path d="M-12 -40 q-6 -5 0 -10 M6 -38 q-6 -6 0 -12" fill="none" stroke="#9aa4ad" stroke-width="4"/>
     <path d="M24 -18 Q50 -20 48 4 Q46 26 20 24" fill="none" stroke="${main}" stroke-width="10"/>
     <path d="M-38 -26 H30 L24 36 Q22 44 14 44 H-22 Q-30 44 -32 36 Z" fill="${main}"/>
     <path d="M-36 -4 H28 L26 12 H-34 Z" fill="${light}" stroke="none"/>
     <path d="M-38 -26 H30 L24 36 Q22 44 14 44 H-22 Q-30 44 -32 36 Z" fill="none"/>
     <ellipse cx="-4" cy="-26" rx="34" ry="9" fill="${dark}"/><ellipse cx="-4" cy="-24" rx="27" ry="5" fill="#5a3418" stroke="none"/>`,

  fish: ({ main, dark, light }) =>
    `<path d="M-22 0 L-50 -28 Q-42 0 -50 28 Z" fill="${dark}"/>
     <path d="M-8 -22 Q6 -44 24 -22 Z M-4 22 Q6 38 16 22 Z" fill="${dark}"/>
     <path d="M-32 0 Q-10 -32 18 -28 Q42 -22 50 -2 Q40 24 16 28 Q-12 30 -32 0 Z" fill="${main}"/>
     <path d="M24 -25 Q14 0 22 26" fill="none" stroke="${dark}" stroke-width="4"/>
     <path d="M-12 -8 q6 8 0 16 M0 -12 q8 12 0 24" fill="none" stroke="${light}" stroke-width="4"/>
     <circle cx="34" cy="-8" r="6" fill="#fff" stroke-width="1.5"/><circle cx="35" cy="-8" r="3" fill="#111" stroke="none"/>`,

  flower: ({ main, light }) =>
    `<path d="M0 0 Q4 26 0 48" fill="none" stroke="#2f8a3a" stroke-width="6"/>
     <path d="M1 36 Q-26 36 -30 14 Q-4 14 1 36 Z M2 42 Q26 40 30 20 Q6 20 2 42 Z" fill="#46ad4f" stroke-width="2"/>
     ${
      [0, 72, 144, 216, 288].map((turn) =>
        `<g transform="translate(0 -18) rotate(${turn})"><path d="M0 0 Q-24 -16 -10 -32 Q0 -38 10 -32 Q24 -16 0 0 Z" fill="${main}"/><path d="M0 -12 V-24" stroke="${light}" stroke-width="4"/></g>`
      ).join("")
    }
     <circle cy="-18" r="9" fill="#ffd23e"/>`,

  house: ({ main, dark, light }) =>
    `<path d="M20 -22 V-46 H32 V-12 Z" fill="#8d8078"/>
     <path d="M-38 -10 H38 V46 H-38 Z" fill="${main}"/>
     <path d="M-50 -8 L0 -48 L50 -8 Z" fill="${dark}"/>
     <path d="M-30 -14 L0 -38 L30 -14" fill="none" stroke="${light}" stroke-width="3"/>
     <path d="M-8 46 V14 H12 V46 Z" fill="${WOOD}"/><circle cx="7" cy="31" r="2" fill="#ffd23e" stroke="none"/>
     <path d="M-31 4 H-15 V20 H-31 Z M19 4 H33 V20 H19 Z" fill="${GLASS}" stroke-width="2"/>
     <path d="M-23 4 V20 M26 4 V20" stroke-width="2"/>`,

  tree: ({ main, dark, light }) =>
    `<path d="M-9 48 Q-5 20 -8 4 H8 Q6 20 11 48 Z" fill="${WOOD}"/>
     <path d="M-30 16 Q-50 12 -44 -8 Q-48 -28 -26 -32 Q-16 -54 6 -48 Q28 -52 32 -30 Q50 -24 44 -4 Q48 16 28 16 Q10 24 0 16 Q-14 24 -30 16 Z" fill="${main}"/>
     <path d="M-26 -14 q8 -12 18 -4 M6 -28 q10 -10 18 0 M8 2 q10 -8 18 0" fill="none" stroke="${dark}" stroke-width="5"/>
     <path d="M-30 -2 q6 -6 12 0 M-12 -36 q6 -6 12 0" fill="none" stroke="${light}" stroke-width="5"/>`,

  umbrella: ({ main, dark, light }) =>
    `<path d="M0 -44 V34 Q0 47 11 47 Q21 47 21 36" fill="none" stroke="#4a3626" stroke-width="6"/>
     <path d="M-50 -2 Q-46 -44 0 -44 Q46 -44 50 -2 Q38 -12 25 -2 Q13 -12 0 -2 Q-13 -12 -25 -2 Q-38 -12 -50 -2 Z" fill="${main}"/>
     <path d="M-25 -2 Q-22 -32 0 -44 Q22 -32 25 -2 Q13 -12 0 -2 Q-13 -12 -25 -2 Z" fill="${light}" stroke-width="2"/>
     <path d="M0 -2 Q0 -30 0 -44" stroke="${dark}" stroke-width="3"/>
     <path d="M0 -44 V-50" stroke-width="4"/>`,
};

/** The emotions of images, the same as those of voices. */
export const PICTURE_MOODS = ["neutral", "happy", "sad", "angry"] as const;

/** An emotion of an image. */
export type PictureMood = (typeof PICTURE_MOODS)[number];

/** A face's color, its features (in a box from -50 to 50), and its light. */
interface Mood {
  skin: string;
  features: string;
  light: string;
  strength: number;
}

const LINE = `fill="none" stroke="#20202a" stroke-width="7" stroke-linecap="round"`;
const eyes = (rx: number, ry: number): string =>
  `<ellipse cx="-17" cy="-9" rx="${rx}" ry="${ry}" fill="#20202a"/><ellipse cx="17" cy="-9" rx="${rx}" ry="${ry}" fill="#20202a"/>`;

const MOODS: Record<PictureMood, Mood> = {
  neutral: { skin: "#d9d4cb", features: `${eyes(5, 6)}<path d="M-17 20 H17" ${LINE}/>`, light: "#ffffff", strength: 0 },
  happy: {
    skin: "#ffd93b",
    features: `${eyes(6, 8)}<path d="M-26 8 Q0 42 26 8 Z" fill="#8c2a1c" stroke="#20202a" stroke-width="5"/>`,
    light: "#ffc840",
    strength: 0.16,
  },
  sad: {
    skin: "#7ea6e0",
    features:
      `${eyes(5, 6)}<path d="M-20 30 Q0 8 20 30" ${LINE}/><path d="M-30 -24 L-12 -30 M30 -24 L12 -30" ${LINE}/>` +
      `<path d="M-22 0 q-7 13 0 17 q7 -4 0 -17" fill="#e8f5ff"/>`,
    light: "#28407c",
    strength: 0.2,
  },
  angry: {
    skin: "#e5482d",
    features: `${eyes(5, 5)}<path d="M-22 27 Q0 14 22 27" ${LINE}/><path d="M-31 -28 L-9 -17 M31 -28 L9 -17" ${LINE}/>`,
    light: "#a01408",
    strength: 0.16,
  },
};

/** A scene with an emotion as SVG text. The scene itself equals {@link sceneSvg} with the same `random`. */
export function moodSvg(
  scene: Scene,
  mood: PictureMood,
  random: Random,
  options: { width: number; height: number },
): string {
  const { skin, features, light, strength } = MOODS[mood];
  const face = random.fork("face");
  const [x, y, size] = [50 + face.uniform(-6, 6), face.uniform(19, 23), face.uniform(0.36, 0.4)];
  const drawn = sceneSvg(scene, random, options);
  return drawn.replace(
    /<\/svg>$/,
    `<rect width="100" height="100" fill="${light}" opacity="${strength}"/>` +
      `<g transform="translate(${x.toFixed(2)} ${y.toFixed(2)}) rotate(${face.uniform(-8, 8).toFixed(1)}) scale(${
        size.toFixed(3)
      })"><circle r="46" fill="${skin}" stroke="#20202a" stroke-width="4"/>${features}</g></svg>`,
  );
}

/** The image as a JPEG file's bytes, square. */
export async function renderMood(
  scene: Scene,
  mood: PictureMood,
  seed: number | string,
  { size, quality }: { size: number; quality: number },
): Promise<Uint8Array> {
  const svg = moodSvg(scene, mood, new Random(`picture ${seed}`), { width: size, height: size });
  const picture = sharp(new TextEncoder().encode(svg)).removeAlpha();
  return new Uint8Array(await picture.jpeg({ quality, mozjpeg: true }).toBuffer());
}
