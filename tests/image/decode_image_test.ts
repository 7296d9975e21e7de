import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp, { type Sharp } from "sharp";
import {
  decodeImage,
  ImageError,
  type ImageProblem,
  inspectImage,
  openWithSharp,
} from "../../lib/image/decode_image.ts";
import { readImage } from "../../lib/image/preprocess.ts";
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
  const { image: { data, width, height } } = await decodeImage(bytes, "p");
  assert.equal(data.length, width * height * 3);
  const at = (x: number, y: number) => Array.from(data.slice((y * width + x) * 3, (y * width + x) * 3 + 3));
  return [at(3, 3), at(width - 4, 3), at(3, height - 4), at(width - 4, height - 4)];
}

function assertClose(found: number[][], expected: number[][], limit: number): void {
  const worst = Math.max(...found.flatMap((colour, i) => colour.map((value, c) => Math.abs(value - expected[i]![c]!))));
  assert.ok(worst <= limit, `${JSON.stringify(found)} is ${worst} from ${JSON.stringify(expected)}`);
}

async function assertProblem(bytes: Uint8Array, problem: ImageProblem, what: string): Promise<void> {
  await assert.rejects(inspectImage(bytes, "p"), (error) => {
    assert.ok(error instanceof ImageError, `${what}: ${error}`);
    assert.equal(error.problem, problem, `${what}: ${error.message}`);
    assert.match(error.message, /^Cannot read image 'p' as .*\.$/);
    return true;
  });
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
  Deno.test(`${name} has the colors that were written`, async () => {
    const bytes = await file.toBuffer();
    assertClose(await corners(bytes), QUARTERS, limit);
    const facts = await inspectImage(bytes, "p");
    assert.deepEqual(facts, { format, channels, width: WIDTH, height: HEIGHT, orientation: 1, warnings: [] });
  });
}

Deno.test("gray images of 8 and 16 bits, with and without alpha, have three equal channels", async () => {
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

Deno.test("transparency is dropped and the colors below it stay, as with Pillow's convert('RGB')", async () => {
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
    assert.equal((await inspectImage(bytes, "p")).channels, 4);
    const found = await corners(bytes);
    const order = (colour: number[]) => colour.map((value) => value > 115);
    // Print has no pure green: its red part may be high, but never above the green one.
    for (const i of [0, 2, 3]) assert.deepEqual(order(found[i]!), order(QUARTERS[i]!), JSON.stringify(found[i]));
    assert.ok(found[1]![1]! > found[1]![0]! && found[1]![2]! < 60, JSON.stringify(found[1]));
  }
});

Deno.test("BMP, and CMYK without a profile, have the colors that Pillow gives them", async () => {
  const folder = "tests/fixtures/images";
  const expected: Record<string, string> = JSON.parse(await Deno.readTextFile(`${folder}/pillow.json`));
  for (const [name, base64] of Object.entries(expected)) {
    const { image, format } = await decodeImage(await Deno.readFile(`${folder}/${name}`), name);
    const right = Uint8Array.fromBase64(base64);
    assert.equal(image.data.length, right.length, name);
    const limit = format === "jpeg" ? 3 : 0; // decoders of JPEG differ by rounding
    image.data.forEach((value, k) => assert.ok(Math.abs(value - right[k]!) <= limit, `${name} at ${k}`));
  }
});

/** A BMP of 2 x 2 pixels: red, green, blue, white from the upper left on. */
function bmp(bits: number, rows: number, pixels: number[], masks: number[] = []): Uint8Array {
  const bytes = new Uint8Array(14 + 40 + 12 + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  for (const [at, value] of [[10, 66], [14, 40], [18, 2], [22, rows], [30, masks.length > 0 ? 3 : 0]] as const) {
    view.setInt32(at, value, true);
  }
  view.setUint16(28, bits, true);
  masks.forEach((mask, i) => view.setUint32(54 + 4 * i, mask, true));
  bytes.set(pixels, 66);
  return bytes;
}

Deno.test("BMP from the top down and with masks is read, what is compressed is named", async () => {
  const seen = async (bytes: Uint8Array) => Array.from((await decodeImage(bytes, "p")).image.data);
  const right = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
  const [red, green, blue, white, alpha] = [[0, 0, 255], [0, 255, 0], [255, 0, 0], [255, 255, 255], [7]] as number[][];
  const four = (colours: number[][]) => colours.flatMap((colour) => [...colour, ...alpha!]);
  assert.deepEqual(await seen(bmp(32, 2, four([blue!, white!, red!, green!]))), right);
  assert.deepEqual(await seen(bmp(32, -2, four([red!, green!, blue!, white!]))), right);
  assert.deepEqual(await seen(bmp(24, -2, [...red!, ...green!, 0, 0, ...blue!, ...white!, 0, 0])), right);
  assert.deepEqual(await seen(bmp(16, -2, [0, 0xf8, 0xe0, 7, 0x1f, 0, 0xff, 0xff], [0xf800, 0x7e0, 0x1f])), right);
  assert.deepEqual(await seen(bmp(16, -2, [0, 0x7c, 0xe0, 3, 0x1f, 0, 0xff, 0x7f])), right);
  const packed = bmp(8, 2, [1, 2, 3]);
  packed[30] = 1;
  await assert.rejects(decodeImage(packed, "p"), /a compressed BMP, which is not read: convert it to PNG/);
  await assertProblem(bmp(24, 2, [1, 2, 3]), "truncated", "cut BMP");
  await assertProblem(bmp(24, 2 ** 30, [1]), "too-large", "huge BMP");
  await assertProblem(bmp(23, 2, [1]), "corrupt", "23 bits");
});

Deno.test("HEIC is upright and in sRGB", async () => {
  const heic = (name: string) => Deno.readFile(`tests/fixtures/images/${name}.heic`);
  const [red, green, blue, yellow] = [[200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30]] as number[][];
  const turned = await heic("quarters");
  assertClose(await corners(turned), [blue!, red!, yellow!, green!], 3);
  assert.deepEqual(await inspectImage(turned, "p"), {
    format: "heic",
    channels: 3,
    width: 48,
    height: 64,
    orientation: 1,
    warnings: [],
  });
  turned.set(new TextEncoder().encode("mif1"), 8); // as other phones begin
  assertClose(await corners(turned), [blue!, red!, yellow!, green!], 3);
  const wide = [[218, 0, 6], [0, 204, 0], [30, 30, 208], [200, 200, 0]]; // by Apple's matrix from Display P3 to sRGB
  assertClose(await corners(await heic("p3")), wide, 4);
  await assertProblem(turned.subarray(0, 500), "truncated", "cut HEIC");
  const { info } = await (await openWithSharp(turned, "p")).resize(12).png().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [12, 16]);
  const profile = String.fromCharCode(...turned).indexOf("hvcC") + 5;
  turned[profile] = 4;
  await assert.rejects(decodeImage(turned, "p"), /a HEIC in HEVC's range extensions.*convert it to PNG/);
});

Deno.test("what is whole but not read is named, with the command that converts it", async () => {
  const named = async (start: string, pattern: RegExp, at = 0) => {
    const bytes = new Uint8Array(400);
    bytes.set(Array.from(start, (letter) => letter.charCodeAt(0)), at);
    await assert.rejects(decodeImage(bytes, "a b.x"), (error) => {
      assert.ok(error instanceof ImageError && error.problem === "unknown-format", String(error));
      assert.match(error.message, pattern);
      assert.match(error.message, /convert it to PNG or JPEG.*magick 'a b.x(\[0\])?' 'a b.png'/);
      assert.doesNotMatch(error.message, /again/);
      return true;
    });
  };
  await named("<svg xmlns='http://www.w3.org/2000/svg'/>", /SVG/);
  await named('<?xml version="1.0"?>\n<!-- drawn --><svg:svg/>', /SVG/);
  await named("\0\0\x01\0\x01\0", /ICO/);
  await named("\0\0\0\x0cjP  \r\n\x87\n", /JP2/);
  await named("8BPS", /PSD/);
  await named("%PDF-1.4", /PDF/);
  await named("\0\0\0\x18ftypcrx ", /Canon/);
  await named("II*\0\x10\0\0\0CR\x02\0", /Canon/);
  await named("FUJIFILMCCD-RAW", /Fujifilm/);
  await named("\xff\x0a", /JPEG XL/);
  await named("P6 2 2 255\n", /PNM/);
  // A TIFF whose first directory has a DNGVersion.
  await named("II*\0\x08\0\0\0\x01\0\x12\xc6\x01\0\x04\0\0\0\x01\x04\0\0", /raw photo/);
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
    const { width, height, orientation: told } = await inspectImage(bytes, "p");
    assert.deepEqual(
      [told, width, height],
      orientation < 5 ? [orientation, WIDTH, HEIGHT] : [orientation, HEIGHT, WIDTH],
    );
  }
});

Deno.test("the first frame of an animation is read, and its number of frames is reported", async () => {
  const first = await quarters().raw().toBuffer();
  const both = new Uint8Array(2 * first.length).fill(255);
  both.set(first);
  const frames = () => sharp(both, { raw: { width: WIDTH, height: 2 * HEIGHT, channels: 3, pageHeight: HEIGHT } });
  for (const file of [frames().gif(), frames().webp({ lossless: true })]) {
    const bytes = await file.toBuffer();
    assertClose(await corners(bytes), QUARTERS, 0);
    const { height, warnings } = await inspectImage(bytes, "p");
    assert.deepEqual([height, warnings], [HEIGHT, ["frames: it has 2, and only the first is used"]]);
  }
});

Deno.test("a cut image is truncated, wherever it was cut", async () => {
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

Deno.test("a file that is no image is reported by kind", async () => {
  const text = (words: string) => new TextEncoder().encode(words);
  await assertProblem(new Uint8Array(0), "empty", "0 bytes");
  await assertProblem(text("\n<!DOCTYPE html><html><body>404 Not Found</body></html>"), "unknown-format", "HTML");
  await assertProblem(text('{"error": "rate limit"}'), "unknown-format", "JSON");
  await assertProblem(text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"), "unknown-format", "SVG");
  await assertProblem(text("RIFF....WAVEfmt "), "unknown-format", "WAV");
  await assertProblem(new Uint8Array(5000).fill(7), "unknown-format", "noise");
});

Deno.test("an image that would take too much memory while it is decoded is refused by its header", async () => {
  const noise = sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: "red",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  });
  /** A file whose header announces a larger image; the frame header of a JPEG, or that of a PNG or an AVIF. */
  const announced = async (image: Sharp, side: number) => {
    const bytes = new Uint8Array(await image.toBuffer());
    const view = new DataView(bytes.buffer);
    const frame = bytes.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(bytes[i + 1]!));
    const avif = new TextDecoder("latin1").decode(bytes).indexOf("ispe");
    if (bytes[0] === 0) { for (const at of [avif + 8, avif + 12]) view.setUint32(at, side); }
    else if (bytes[0] === 0x89) { for (const at of [16, 20]) view.setUint32(at, side); }
    else for (const at of [frame + 5, frame + 7]) view.setUint16(at, side);
    const padded = new Uint8Array(bytes.length + 1_500_000); // as many bytes as such an image has at least
    padded.set(bytes);
    return padded;
  };
  const full = { quality: 90, chromaSubsampling: "4:4:4" };
  const large = [
    await announced(noise.clone().jpeg({ ...full, progressive: true }), 9900),
    await announced(noise.clone().jpeg(full).withMetadata({ orientation: 6 }), 9900),
    await announced(noise.clone().jpeg({ ...full, progressive: true }).withMetadata({ orientation: 6 }), 8500),
    await announced(noise.clone().toColourspace("rgb16").png({ progressive: true }), 9900),
    await announced(noise.clone().avif({ effort: 0 }), 6900),
    await announced(noise.clone().avif({ effort: 0, bitdepth: 10 }), 6000),
  ];
  for (const [i, bytes] of large.entries()) {
    for (const open of [inspectImage, openWithSharp]) {
      if (i === 1 && open === inspectImage) continue; // 600 MB: it would be decoded
      const problem = await open(bytes, "large").then(() => "read", ({ problem }) => problem);
      assert.equal(problem, i === 1 ? "read" : "too-large", `image ${i}`);
    }
  }
});

Deno.test("a strip of one row can be padded and squashed, and cropped up to 100 times its height", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "strip.png");
    const strip = (width: number) =>
      sharp({ create: { width, height: 1, channels: 3, background: { r: 200, g: 100, b: 50 } } }).png().toFile(path);
    await strip(3000);
    const row = (picture: Uint8Array, y: number) => Array.from(picture.slice(y * 16 * 3, y * 16 * 3 + 3));
    assert.deepEqual(row(await readImage(path, { size: 16, fit: "squash" }), 15), [200, 100, 50]);
    const padded = await readImage(path, { size: 16, fit: "pad" });
    const rows = Array.from({ length: 16 }, (_, y) => row(padded, y));
    assert.equal(rows.filter(([red]) => red === 200).length, 1);
    assert.equal(rows.filter(([red]) => red === 0).length, 15);
    await assert.rejects(
      readImage(path, { size: 16 }),
      /3000 x 1 pixels, expected sides that differ less than 100-fold/,
    );
    await strip(100);
    assert.deepEqual(row(await readImage(path, { size: 16 }), 8), [200, 100, 50]);
  });
});

Deno.test("a missing image and a folder are missing", async () => {
  for (const path of ["no/such/picture.png", "tests/fixtures", "deno.json/picture.png"]) {
    await assert.rejects(
      readImage(path, { size: 8 }),
      (error) => error instanceof ImageError && error.problem === "missing",
    );
  }
});
