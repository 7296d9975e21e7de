/**
 * Pictures of scenes: SVG drawn by code, rasterised with sharp.
 *
 * @module
 */
import sharp from "sharp";
import { Random } from "../../lib/random.ts";
import { drawBackground } from "./draw_backgrounds.ts";
import { drawThing, type Paint } from "./draw_things.ts";
import type { Background, Colour, Scene, Thing } from "./scene.ts";

/** Hue (degrees), saturation and lightness (percent) of each colour. */
const TONES: Record<Colour, readonly [number, number, number]> = {
  black: [220, 6, 17],
  blue: [217, 85, 46],
  green: [130, 65, 33],
  orange: [26, 96, 52],
  purple: [282, 60, 45],
  red: [357, 82, 44],
  white: [40, 12, 96],
  yellow: [51, 97, 54],
};

/** How wide a thing is, in percent of the picture's width. */
const WIDTHS: Record<Thing["size"], number> = { small: 30, large: 46 };
/** Where its middle is, in percent from the left. */
const MIDDLES: Record<Thing["place"], number> = { left: 26, middle: 50, right: 74 };
/** Kinds that look to one side and may be turned. */
const TURNABLE: readonly string[] = ["bird", "boat", "car", "cat", "chair", "cup", "fish"];

/** The drawing of a scene as SVG text. Positions, sizes, hues and details vary with `random`. */
export function sceneSvg(scene: Scene, random: Random, options: { width: number; height: number }): string {
  const { width, height } = options;
  const things = random.shuffled(scene.things).map((thing) => placed(thing, scene.background, random.fork(thing.kind)));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 100" ` +
    `preserveAspectRatio="xMidYMid slice">${drawBackground(scene.background, random.fork("background"))}${
      things.join("")
    }</svg>`;
}

/** A thing at its place: a soft shadow on the ground, then its drawing. */
function placed(thing: Thing, background: Background, random: Random): string {
  const size = WIDTHS[thing.size] * random.uniform(0.93, 1.05);
  const x = MIDDLES[thing.place] + random.uniform(-2.5, 2.5);
  const bottom = random.uniform(80, 92);
  const y = bottom - size / 2;
  const turn = TURNABLE.includes(thing.kind) && random.next() < 0.5 ? -1 : 1;
  const tilt = random.uniform(-5, 5), scale = size / 100;
  const shadow = background === "night" ? "#0b0f2a" : "#3a3a3a";
  return `<ellipse cx="${x.toFixed(1)}" cy="${bottom.toFixed(1)}" rx="${(size * 0.42).toFixed(1)}" ry="${
    (size * 0.06).toFixed(1)
  }" fill="${shadow}" opacity="0.3"/><g transform="translate(${x.toFixed(2)} ${y.toFixed(2)}) rotate(${
    tilt.toFixed(1)
  }) scale(${(turn * scale).toFixed(3)} ${scale.toFixed(3)})">${
    drawThing(thing.kind, paintOf(thing.colour, background, random))
  }</g>`;
}

/** The paint of a colour with a slight shift of hue and lightness; black things get a light outline at night. */
function paintOf(colour: Colour, background: Background, random: Random): Paint {
  const [hue, saturation, lightness] = TONES[colour];
  const h = hue + random.uniform(-5, 5), l = lightness + random.uniform(-3, 3);
  const tone = (change: number): string =>
    `hsl(${h.toFixed(0)},${saturation}%,${Math.max(3, Math.min(98, l + change)).toFixed(0)}%)`;
  const line = background === "night" ? "#e6e6f2" : "#1d1d22";
  return { main: tone(0), dark: tone(colour === "white" ? -22 : -13), light: tone(colour === "black" ? 22 : 14), line };
}

/**
 * The picture of a scene as RGB bytes `[size * size * 3]`, row by row; the same seed gives the same picture.
 *
 * @example
 * ```ts
 * import { renderScene } from "./draw.ts";
 * const pixels = await renderScene(
 *   { background: "beach", things: [{ kind: "car", colour: "red", size: "large", place: "left" }] },
 *   7,
 *   { size: 64 },
 * );
 * if (pixels.length !== 64 * 64 * 3) throw new Error(`${pixels.length} bytes`);
 * ```
 */
export async function renderScene(scene: Scene, seed: number | string, options: { size: number }): Promise<Uint8Array> {
  const { size } = options;
  const svg = sceneSvg(scene, new Random(`picture ${seed}`), { width: size, height: size });
  return new Uint8Array(await sharp(new TextEncoder().encode(svg)).removeAlpha().raw().toBuffer());
}

/** How a picture file is made. */
export interface JpegOptions {
  /** Side in pixels; 128. */
  size?: number;
  /** Of the JPEG file, 1 to 100; 80. */
  quality?: number;
  /** How much of the picture is the light of a low sun: 0 (default) keeps the colours, at 1 nothing else is left. */
  evening?: number;
}

/** The colour of a low sun. */
const EVENING_SUN = [240, 130, 40];

/** The picture of a scene as a JPEG file's bytes, square. */
export async function renderJpeg(scene: Scene, seed: number | string, options: JpegOptions = {}): Promise<Uint8Array> {
  const { size = 128, quality = 80, evening = 0 } = options;
  const svg = sceneSvg(scene, new Random(`picture ${seed}`), { width: size, height: size });
  const daylight = sharp(new TextEncoder().encode(svg)).removeAlpha();
  const [keep, add] = [[1, 1, 1].map(() => 1 - evening), EVENING_SUN.map((level) => evening * level)];
  const picture = evening === 0 ? daylight : daylight.linear(keep, add);
  return new Uint8Array(await picture.jpeg({ quality, mozjpeg: true }).toBuffer());
}
