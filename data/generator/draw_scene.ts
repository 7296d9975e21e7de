/**
 * Draws a scene as an image.
 *
 * @module
 */
import sharp from "sharp";
import { Random } from "../../lib/random.ts";
import { drawThing, type Paint } from "./draw_things.ts";
import type { Background, Colour, Scene, Thing } from "./scene.ts";

/** Hue (degrees), saturation and lightness (percent) of each color. */
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

/** Width of a thing in percent of the image's width. */
const WIDTHS: Record<Thing["size"], number> = { small: 30, large: 46 };
/** Where the middle of a thing on the left is, in percent of the shorter side; right mirrors it. */
const LEFT = 26;
/** Kinds that look to one side and may be turned. */
const TURNABLE: readonly string[] = ["bird", "boat", "car", "cat", "chair", "cup", "fish"];

/** Width and height of an image, in any unit. */
export interface Frame {
  width: number;
  height: number;
}

/** Landscape images (4:3; 60 %), portraits (3:4). The shorter side has the given length. */
export function randomFrame(random: Random, short: number): Frame {
  const long = Math.round(short * 4 / 3);
  return random.next() < 0.6 ? { width: long, height: short } : { width: short, height: long };
}

/**
 * The drawing of a scene as SVG text. Positions, sizes, hues and details vary with `random`. In an image that is not square,
 * things reach its edges, so that the middle square lacks a part of some.
 */
export function sceneSvg(scene: Scene, random: Random, frame: Frame): string {
  const short = Math.min(frame.width, frame.height) / 100;
  const space: Frame = { width: frame.width / short, height: frame.height / short }; // the shorter side is 100
  const things = random.shuffled(scene.things).map((thing) =>
    placed(thing, scene.background, space, random.fork(thing.kind))
  );
  const view = `${+space.width.toFixed(2)} ${+space.height.toFixed(2)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${view}" ` +
    `preserveAspectRatio="xMidYMid slice">${
      covering(space, drawBackground(scene.background, random.fork("background")))
    }${things.join("")}</svg>`;
}

/** A square drawing, enlarged to cover the image. */
function covering({ width, height }: Frame, drawing: string): string {
  if (width === height) return drawing;
  const long = Math.max(width, height);
  const move = `${((width - long) / 2).toFixed(2)} ${((height - long) / 2).toFixed(2)}`;
  return `<g transform="translate(${move}) scale(${(long / 100).toFixed(4)})">${drawing}</g>`;
}

/** A thing at its position: a soft shadow on the ground, then the drawing. */
function placed(thing: Thing, background: Background, { width, height }: Frame, random: Random): string {
  const size = WIDTHS[thing.size] * random.uniform(0.93, 1.05);
  const varied = random.uniform(-2.5, 2.5);
  const fromEdge = (more: number): number => width > 100 ? size / 2 + (more + 2.5) * 4.4 : LEFT + more;
  const x = { left: fromEdge(varied), middle: width / 2 + varied, right: width - fromEdge(-varied) }[thing.place];
  const bottom = height > 100 ? height - random.uniform(2, 42) : random.uniform(80, 92);
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

/** The paint of a color with slightly shifted hue and lightness; black things get a light outline at night. */
function paintOf(colour: Colour, background: Background, random: Random): Paint {
  const [hue, saturation, lightness] = TONES[colour];
  const h = hue + random.uniform(-5, 5), l = lightness + random.uniform(-3, 3);
  const tone = (change: number): string =>
    `hsl(${h.toFixed(0)},${saturation}%,${Math.max(3, Math.min(98, l + change)).toFixed(0)}%)`;
  const line = background === "night" ? "#e6e6f2" : "#1d1d22";
  return { main: tone(0), dark: tone(colour === "white" ? -22 : -13), light: tone(colour === "black" ? 22 : 14), line };
}

/**
 * The image of a scene as RGB bytes `[size * size * 3]`, row by row; the same seed gives the same image.
 *
 * @example
 * ```ts
 * import { renderScene } from "./draw_scene.ts";
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

/** The image of a scene as a JPEG file's bytes. */
export async function renderJpeg(
  scene: Scene,
  seed: number | string,
  { quality, ...frame }: Frame & { quality: number },
): Promise<Uint8Array> {
  const svg = sceneSvg(scene, new Random(`picture ${seed}`), frame);
  const picture = sharp(new TextEncoder().encode(svg)).removeAlpha();
  return new Uint8Array(await picture.jpeg({ quality, mozjpeg: true }).toBuffer());
}

/** The SVG elements of a background, with random details. */
export function drawBackground(background: Background, random: Random): string {
  return DRAWINGS[background](random);
}

const rect = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${fix(x)}" y="${fix(y)}" width="${fix(width)}" height="${fix(height)}" fill="${fill}"/>`;
const circle = (x: number, y: number, r: number, fill: string): string =>
  `<circle cx="${fix(x)}" cy="${fix(y)}" r="${fix(r)}" fill="${fill}"/>`;
const many = (count: number, draw: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => draw(i)).join("");
const fix = (value: number): string => value.toFixed(1);

function cloud(random: Random): string {
  const x = random.uniform(8, 92), y = random.uniform(6, 20), s = random.uniform(0.7, 1.2);
  return `<g transform="translate(${fix(x)} ${fix(y)}) scale(${fix(s)})" fill="#fff" opacity="0.85">
    <ellipse rx="11" ry="4"/><circle cx="-3" cy="-3" r="4.5"/><circle cx="4" cy="-2" r="3.6"/></g>`;
}

const DRAWINGS: Record<Background, (random: Random) => string> = {
  beach: (random) => {
    const sea = random.uniform(36, 44), sand = sea + random.uniform(14, 20);
    return rect(0, 0, 100, 100, "#a9dcf5") + circle(random.uniform(8, 92), random.uniform(8, 16), 7, "#ffe27a") +
      many(random.integer(3), () => cloud(random)) + rect(0, sea, 100, 40, "#2f9fc4") +
      many(
        4,
        () =>
          `<path d="M${fix(random.uniform(0, 90))} ${
            fix(random.uniform(sea + 3, sand - 4))
          } q3 -2.5 6 0 q3 2.5 6 0" fill="none" stroke="#c9f0fa" stroke-width="1.2"/>`,
      ) +
      `<path d="M0 ${fix(sand)} Q25 ${fix(sand - 5)} 50 ${fix(sand)} T100 ${
        fix(sand)
      } V100 H0 Z" fill="#ecd49a" stroke="#fdf6dd" stroke-width="2"/>` +
      many(8, () => circle(random.uniform(0, 100), random.uniform(sand + 6, 98), random.uniform(0.5, 1.2), "#c9a866"));
  },
  city: (random) => {
    const road = random.uniform(66, 72);
    return rect(0, 0, 100, 100, "#cdd5dc") +
      many(6, (i) => {
        const x = i * 17 + random.uniform(-3, 0),
          top = random.uniform(8, 40),
          tone = random.choice(["#9aa3ad", "#a8a29c", "#8b97a6"]);
        return rect(x, top, 16, 100, tone) +
          many(
            4,
            (row) =>
              many(
                3,
                (column) =>
                  rect(x + 2.2 + 4.4 * column, top + 4 + 8 * row, 2.6, 4, random.next() < 0.4 ? "#f3e6b0" : "#6f7a86"),
              ),
          );
      }) + rect(0, road - 5, 100, 6, "#c4bfb8") + rect(0, road, 100, 40, "#63656b") +
      many(5, (i) => rect(2 + 21 * i, road + 14, 12, 2.4, "#ece8d0"));
  },
  forest: (random) => {
    const ground = random.uniform(58, 66);
    return rect(0, 0, 100, 100, "#b9d9b0") +
      many(9, (i) => {
        const x = i * 12 + random.uniform(-3, 5), w = random.uniform(8, 12), top = random.uniform(-4, 14);
        return `<path d="M${fix(x - w)} ${fix(ground)} L${fix(x)} ${fix(top)} L${fix(x + w)} ${fix(ground)} Z" fill="${
          random.choice(["#5c8f5a", "#6b9c62", "#4d7f52"])
        }"/>`;
      }) + rect(0, ground - 2, 100, 50, "#79a84e") +
      many(
        14,
        () =>
          `<path d="M${fix(random.uniform(0, 98))} ${
            fix(random.uniform(ground + 4, 99))
          } l1.2 -4 l1.2 4" fill="none" stroke="#557f35" stroke-width="1"/>`,
      );
  },
  night: (random) => {
    const hill = random.uniform(70, 78), moon = random.uniform(10, 90);
    return rect(0, 0, 100, 100, "#141b46") + rect(0, 40, 100, 60, "#232c63") +
      many(26, () => circle(random.uniform(0, 100), random.uniform(0, 66), random.uniform(0.4, 1.1), "#fdf8d8")) +
      circle(moon, 14, 8, "#f6efc4") + circle(moon + 3.5, 12, 6.6, "#141b46") +
      `<path d="M0 ${fix(hill)} Q30 ${fix(hill - 9)} 60 ${fix(hill)} T100 ${fix(hill - 2)} V100 H0 Z" fill="#2a3550"/>`;
  },
  room: (random) => {
    const floor = random.uniform(66, 72),
      window = random.uniform(12, 62),
      wall = random.choice(["#f0d9c4", "#ecd6cf", "#efdcb8"]);
    return rect(0, 0, 100, 100, wall) + many(10, (i) => rect(10 * i + 4, 0, 1, floor, "#e3c5ad")) +
      rect(window, 8, 26, 22, "#8a5a3b") + rect(window + 2, 10, 22, 18, "#d6eef7") +
      rect(window + 12, 10, 2, 18, "#8a5a3b") +
      rect(0, floor, 100, 40, "#b17f52") + rect(0, floor - 2, 100, 3, "#fff6ea") +
      many(4, (i) => rect(0, floor + 7 + 8 * i, 100, 0.8, "#8f6238")) +
      `<ellipse cx="50" cy="88" rx="${fix(random.uniform(36, 46))}" ry="8" fill="#c9a6a0"/>`;
  },
  snow: (random) => {
    const hill = random.uniform(56, 64);
    return rect(0, 0, 100, 100, "#c3d3e2") +
      `<path d="M-5 ${fix(hill + 4)} L${fix(random.uniform(14, 24))} 20 L46 ${fix(hill + 4)} Z M38 ${fix(hill + 4)} L${
        fix(random.uniform(64, 80))
      } 14 L108 ${fix(hill + 4)} Z" fill="#98acc2"/>` +
      `<path d="M0 ${fix(hill)} Q30 ${fix(hill - 7)} 55 ${fix(hill)} T100 ${fix(hill)} V100 H0 Z" fill="#f3f7fb"/>` +
      `<path d="M0 ${fix(hill + 22)} Q40 ${fix(hill + 12)} 100 ${fix(hill + 24)} V100 H0 Z" fill="#e4ecf4"/>` +
      many(34, () => circle(random.uniform(0, 100), random.uniform(0, 100), random.uniform(0.6, 1.4), "#fff"));
  },
};
