/**
 * The mood of a picture: a face in the sky, and its light on everything.
 *
 * @module
 */
import sharp from "sharp";
import { Random } from "../../lib/random.ts";
import { sceneSvg } from "./draw.ts";
import type { Scene } from "./scene.ts";

/** The moods that a picture can have, as those of a voice. */
export const PICTURE_MOODS = ["neutral", "happy", "sad", "angry"] as const;

/** A mood of a picture. */
export type PictureMood = (typeof PICTURE_MOODS)[number];

/** A face's colour, the features on it (in a box from -50 to 50), and the light that it throws. */
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

/** The drawing of a scene in a mood as SVG text. The scene is drawn as {@link sceneSvg} draws it with the same `random`. */
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

/** The picture as a JPEG file's bytes, square. */
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
