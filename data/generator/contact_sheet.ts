/**
 * One image of the whole drawn world: every kind in every color on the six backgrounds.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { renderScene } from "./draw_scene.ts";
import { BACKGROUNDS, COLOURS, KINDS, type Scene } from "./scene.ts";

const TILE = 64, LEFT = 56, TOP = 22;

/** The labeled contact sheet as a PNG file with a palette: a column per kind, a row per color. */
export async function contactSheet(): Promise<Uint8Array> {
  const width = LEFT + TILE * KINDS.length, height = TOP + TILE * COLOURS.length;
  const labels = [
    ...KINDS.map((kind, i) => `<text x="${LEFT + TILE * (i + 0.5)}" y="15" text-anchor="middle">${kind}</text>`),
    ...COLOURS.map((colour, i) =>
      `<text x="${LEFT - 6}" y="${TOP + TILE * (i + 0.5) + 4}" text-anchor="end">${colour}</text>`
    ),
  ];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#fff"/>${labels.join("")}</svg>`;
  const tiles = COLOURS.flatMap((colour, row) =>
    KINDS.map(async (kind, column) => {
      const background = BACKGROUNDS[(row + column) % BACKGROUNDS.length] ?? "room";
      const scene: Scene = { background, things: [{ kind, colour, size: "large", place: "middle" }] };
      const input = Buffer.from(await renderScene(scene, `${kind} ${colour}`, { size: TILE }));
      const raw = { width: TILE, height: TILE, channels: 3 } as const;
      return { input, raw, left: LEFT + TILE * column, top: TOP + TILE * row };
    })
  );
  const sheet = sharp(new TextEncoder().encode(svg)).composite(await Promise.all(tiles));
  return new Uint8Array(await sheet.png({ palette: true, colours: 128, compressionLevel: 9 }).toBuffer());
}
