import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp, { type Sharp } from "sharp";
import { decodePicture } from "../../lib/image/decode_picture.ts";
import { inspectPicture } from "../../lib/image/inspect.ts";
import { PictureError, type PictureProblem } from "../../lib/image/picture_error.ts";
import { readPicture } from "../../lib/image/preprocess.ts";
import { inFolder } from "../helpers.ts";

const [WIDTH, HEIGHT] = [40, 30];
const [RED, GREEN, BLUE, YELLOW] = [[250, 10, 10], [10, 250, 10], [10, 10, 250], [250, 250, 10]];
const QUARTERS = [RED!, GREEN!, BLUE!, YELLOW!];

/** A picture of which every quarter has another colour. */
function quarters(): Sharp {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      data.set(QUARTERS[(y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1)]!, (y * WIDTH + x) * 3);
    }
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

/** Colours of the upper left, upper right, lower left and lower right quarter of what is decoded. */
async function corners(bytes: Uint8Array): Promise<number[][]> {
  const { picture: { data, width, height } } = await decodePicture(bytes, "p");
  assert.equal(data.length, width * height * 3);
  const at = (x: number, y: number) => Array.from(data.slice((y * width + x) * 3, (y * width + x) * 3 + 3));
  return [at(3, 3), at(width - 4, 3), at(3, height - 4), at(width - 4, height - 4)];
}

function assertClose(found: number[][], expected: number[][], limit: number): void {
  const worst = Math.max(...found.flatMap((colour, i) => colour.map((value, c) => Math.abs(value - expected[i]![c]!))));
  assert.ok(worst <= limit, `${JSON.stringify(found)} is ${worst} from ${JSON.stringify(expected)}`);
}

const grey = (make: (picture: Sharp) => Sharp) => make(quarters().greyscale().toColourspace("b-w"));
/** By name: the file, how it is told, and how far colours may be off. */
const FILES: Record<string, [file: Sharp, format: string, channels: number, limit: number]> = {
  "palette PNG": [quarters().png({ palette: true, colours: 4 }), "png", 3, 0],
  "PNG of 16 bits": [quarters().toColourspace("rgb16").png(), "png", 3, 0],
  "interlaced PNG": [quarters().png({ progressive: true }), "png", 3, 0],
  "progressive JPEG": [quarters().jpeg({ progressive: true, quality: 100 }), "jpeg", 3, 2],
  "JPEG with a wide profile": [quarters().withIccProfile("p3").jpeg({ quality: 100 }), "jpeg", 3, 12],
  "WebP": [quarters().webp({ lossless: true }), "webp", 3, 0],
  "GIF": [quarters().gif(), "gif", 4, 0],
  "TIFF": [quarters().tiff({ compression: "lzw" }), "tiff", 3, 0],
};
for (const [name, [file, format, channels, limit]] of Object.entries(FILES)) {
  Deno.test(`${name} has the colours that were written`, async () => {
    const bytes = await file.toBuffer();
    assertClose(await corners(bytes), QUARTERS, limit);
    const facts = await inspectPicture(bytes, "p");
    assert.deepEqual(facts, { format, channels, width: WIDTH, height: HEIGHT, orientation: 1, warnings: [] });
  });
}

Deno.test("grey pictures, of 8 and 16 bits, with and without alpha, have three equal colours", async () => {
  const luma = QUARTERS.map(([r, g, b]) =>
    (0.2126 * (r! / 255) ** 2.2 + 0.7152 * (g! / 255) ** 2.2) + 0.0722 * (b! / 255) ** 2.2
  )
    .map((light) => Math.round(255 * light ** (1 / 2.2))).map((value) => [value, value, value]);
  const files = [
    grey((picture) => picture.png()),
    grey((picture) => picture.ensureAlpha(0.2).png()),
    quarters().greyscale().toColourspace("grey16").png(),
    grey((picture) => picture.jpeg({ quality: 100 })),
  ];
  for (const file of files) assertClose(await corners(await file.toBuffer()), luma, 4);
});

Deno.test("transparency is dropped, the colours under it stay, as Pillow's convert('RGB') does", async () => {
  for (const alpha of [0, 0.5]) {
    assertClose(await corners(await quarters().ensureAlpha(alpha).png().toBuffer()), QUARTERS, 0);
  }
});

Deno.test("CMYK with and without a profile keeps its hues", async () => {
  const files = [
    quarters().toColourspace("cmyk").jpeg({ quality: 100 }),
    quarters().withIccProfile("cmyk").toColourspace("cmyk").jpeg({ quality: 100 }),
  ];
  for (const file of files) {
    const bytes = await file.toBuffer();
    assert.equal((await inspectPicture(bytes, "p")).channels, 4);
    const found = await corners(bytes);
    const order = (colour: number[]) => colour.map((value) => value > 115);
    // Print has no pure green: its red part may be high, but never above the green one.
    for (const i of [0, 2, 3]) assert.deepEqual(order(found[i]!), order(QUARTERS[i]!), JSON.stringify(found[i]));
    assert.ok(found[1]![1]! > found[1]![0]! && found[1]![2]! < 60, JSON.stringify(found[1]));
  }
});

Deno.test("each of the eight EXIF orientations is turned upright", async () => {
  // For each: which quarter of the stored pixels is seen upper left, upper right, lower left, lower right.
  const seen = [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0], [
    1,
    3,
    0,
    2,
  ]];
  for (const [i, order] of seen.entries()) {
    const orientation = i + 1;
    const file = quarters().withMetadata({ orientation }).jpeg({ quality: 100, chromaSubsampling: "4:4:4" });
    const bytes = await file.toBuffer();
    assertClose(await corners(bytes), order.map((quarter) => QUARTERS[quarter]!), 3);
    const { width, height, orientation: told } = await inspectPicture(bytes, "p");
    assert.deepEqual(
      [told, width, height],
      orientation < 5 ? [orientation, WIDTH, HEIGHT] : [orientation, HEIGHT, WIDTH],
    );
  }
});

Deno.test("of an animation the first frame is seen, and its frames are told", async () => {
  const first = await quarters().raw().toBuffer();
  const both = new Uint8Array(2 * first.length).fill(255);
  both.set(first);
  const frames = () => sharp(both, { raw: { width: WIDTH, height: 2 * HEIGHT, channels: 3, pageHeight: HEIGHT } });
  for (const file of [frames().gif(), frames().webp({ lossless: true })]) {
    const bytes = await file.toBuffer();
    assertClose(await corners(bytes), QUARTERS, 0);
    const { height, warnings } = await inspectPicture(bytes, "p");
    assert.deepEqual([height, warnings], [HEIGHT, ["frames: it has 2, of which the first is seen"]]);
  }
});

async function assertProblem(bytes: Uint8Array, problem: PictureProblem, what: string): Promise<void> {
  await assert.rejects(inspectPicture(bytes, "p"), (error) => {
    assert.ok(error instanceof PictureError, `${what}: ${error}`);
    assert.equal(error.problem, problem, `${what}: ${error.message}`);
    assert.match(error.message, /^Cannot read picture 'p' as .*\.$/);
    return true;
  });
}

Deno.test("a cut picture is truncated, wherever it was cut", async () => {
  const landscape = sharp("tests/fixtures/preprocess/small.png");
  const files = {
    jpeg: landscape.clone().jpeg(),
    progressive: landscape.clone().jpeg({ progressive: true }),
    png: landscape.clone().png(),
    webp: landscape.clone().webp(),
  };
  for (const [name, file] of Object.entries(files)) {
    const bytes = await file.toBuffer();
    for (const share of [0.3, 0.5, 0.9, 0.98]) {
      await assertProblem(bytes.subarray(0, Math.floor(bytes.length * share)), "truncated", `${name} at ${share}`);
    }
  }
});

Deno.test("what is no picture is told by kind", async () => {
  const text = (words: string) => new TextEncoder().encode(words);
  await assertProblem(new Uint8Array(0), "empty", "0 bytes");
  await assertProblem(text("\n<!DOCTYPE html><html><body>404 Not Found</body></html>"), "unknown-format", "HTML");
  await assertProblem(text('{"error": "rate limit"}'), "unknown-format", "JSON");
  await assertProblem(text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"), "unknown-format", "SVG");
  await assertProblem(text("RIFF....WAVEfmt "), "unknown-format", "WAV");
  await assertProblem(new Uint8Array(5000).fill(7), "unknown-format", "noise");
});

Deno.test("a strip of one row can be padded and squashed, and cropped up to 100 times its height", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "strip.png");
    const strip = (width: number) =>
      sharp({ create: { width, height: 1, channels: 3, background: { r: 200, g: 100, b: 50 } } }).png().toFile(path);
    await strip(3000);
    const row = (picture: Uint8Array, y: number) => Array.from(picture.slice(y * 16 * 3, y * 16 * 3 + 3));
    assert.deepEqual(row(await readPicture(path, { size: 16, fit: "squash" }), 15), [200, 100, 50]);
    const padded = await readPicture(path, { size: 16, fit: "pad" });
    const rows = Array.from({ length: 16 }, (_, y) => row(padded, y));
    assert.equal(rows.filter(([red]) => red === 200).length, 1);
    assert.equal(rows.filter(([red]) => red === 0).length, 15);
    await assert.rejects(
      readPicture(path, { size: 16 }),
      /3000 x 1 pixels, expected sides that differ less than 100-fold/,
    );
    await strip(100);
    assert.deepEqual(row(await readPicture(path, { size: 16 }), 8), [200, 100, 50]);
  });
});

Deno.test("a missing picture and a folder are missing", async () => {
  for (const path of ["no/such/picture.png", "tests/fixtures", "deno.json/picture.png"]) {
    await assert.rejects(
      readPicture(path, { size: 8 }),
      (error) => error instanceof PictureError && error.problem === "missing",
    );
  }
});
