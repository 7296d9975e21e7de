import { join } from "@std/path";
import assert from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import { InputError } from "../../lib/errors.ts";
import { CLIP_MEAN, CLIP_STD, readImage, readPixels } from "../../lib/image/preprocess.ts";
import { resizeBicubic } from "../../lib/image/resize.ts";
import { Random } from "../../lib/random.ts";
import { inFolder } from "../helpers.ts";

const FIXTURES = new URL("../fixtures/preprocess/", import.meta.url).pathname;

/** Mean absolute difference, in steps of 255. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

/** A picture of which every quarter has another colour. */
async function quarters(width: number, height: number): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = y < height / 2
        ? (x < width / 2 ? [250, 10, 10] : [10, 250, 10])
        : (x < width / 2 ? [10, 10, 250] : [250, 250, 10]);
      data.set(colour, (y * width + x) * 3);
    }
  }
  return await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

for (const name of ["landscape", "portrait", "small"]) {
  Deno.test(`'${name}' is prepared as torchvision does`, async () => {
    const expected = await sharp(join(FIXTURES, `${name}-clip224.png`)).removeAlpha().raw().toBuffer();
    const picture = await readImage(join(FIXTURES, `${name}.png`), { size: 224 });
    assert.ok(difference(picture, expected) < 1);
    const pixels = await readPixels(join(FIXTURES, `${name}.png`), { size: 224 });
    const back = Array.from(expected, (_, i) => {
      const [place, colour] = [Math.floor(i / 3), i % 3];
      return (pixels[colour * 224 * 224 + place]! * CLIP_STD[colour]! + CLIP_MEAN[colour]!) * 255;
    });
    assert.ok(difference(back, expected) < 1);
  });
}

Deno.test("bicubic resizing is Pillow's, to the step", async () => {
  const [source, expected] = await Promise.all(
    ["landscape.png", "landscape-clip224.png"].map((name) =>
      sharp(join(FIXTURES, name)).removeAlpha().raw().toBuffer()
    ),
  );
  const resized = resizeBicubic({ data: source!, width: 500, height: 375 }, { width: 298, height: 224 });
  const cropped = await sharp(resized.data, { raw: { width: 298, height: 224, channels: 3 } })
    .extract({ left: 37, top: 0, width: 224, height: 224 }).raw().toBuffer();
  assert.ok(difference(cropped, expected!) < 0.001);
});

/** Resizes one side: each new pixel is the sum of all old ones by Keys' cubic, normalized and rounded. */
function plain(values: number[][], to: number): number[][] { // [from, others] -> [to, others]
  const scale = values.length / to, stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const weights = values.map((_, k) => {
      const t = Math.abs((k + 0.5 - (i + 0.5) * scale) / stretch);
      return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
    });
    const sum = weights.reduce((a, b) => a + b);
    return values[0]!.map((_, j) =>
      Math.round(Math.min(255, Math.max(0, values.reduce((total, row, k) => total + weights[k]! / sum * row[j]!, 0))))
    );
  });
}

Deno.test("bicubic resizing equals a plain sum over all pixels, enlarged and reduced, in any size", () => {
  const random = new Random(7);
  for (const [width, height, across, down] of [[5, 7, 13, 9], [1, 1, 3, 2], [9, 30, 20, 4], [40, 3, 6, 11]] as const) {
    const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
    const rows = Array.from({ length: height }, (_, y) => {
      const pixels = Array.from({ length: width }, (_, x) => [...data.subarray((y * width + x) * 3).subarray(0, 3)]);
      return plain(pixels, across).flat();
    });
    const expected = plain(rows, down).flat();
    const resized = resizeBicubic({ data, width, height }, { width: across, height: down });
    assert.deepEqual([...resized.data], expected);
  }
});

Deno.test("an orientation in EXIF is followed", async () => {
  await inFolder(async (directory) => {
    const upright = await quarters(60, 40);
    await Deno.writeFile(join(directory, "plain.png"), upright);
    await sharp(upright).rotate(90).withMetadata({ orientation: 8 }).toFile(join(directory, "turned.png"));
    const [plain, turned] = await Promise.all(
      ["plain.png", "turned.png"].map((name) => readImage(join(directory, name), { size: 32 })),
    );
    assert.ok(difference(plain!, turned!) < 1);
  });
});

Deno.test("grayscale, 16 bits, transparency and CMYK all become three channels", async () => {
  await inFolder(async (directory) => {
    const plain = await quarters(40, 40);
    const write = (name: string, picture: Sharp) => picture.toFile(join(directory, name));
    const read = (name: string) => readImage(join(directory, name), { size: 20 });
    await write("plain.png", sharp(plain));
    const expected = await read("plain.png");

    await write("alpha.png", sharp(plain).ensureAlpha(0.5));
    assert.deepEqual(await read("alpha.png"), expected);
    await write("deep.png", sharp(plain).toColourspace("rgb16"));
    assert.ok(difference(await read("deep.png"), expected) < 2);
    await write("grey.png", sharp(plain).greyscale());
    const grey = await read("grey.png");
    for (let i = 0; i < grey.length; i += 3) assert.ok(grey[i] === grey[i + 1] && grey[i] === grey[i + 2]);
    await write("grey_alpha.png", sharp(plain).greyscale().ensureAlpha(0.5));
    assert.ok(difference(await read("grey_alpha.png"), grey) < 1);
    await write("cmyk.jpg", sharp(plain).toColourspace("cmyk").jpeg({ quality: 100 }));
    const cmyk = await read("cmyk.jpg");
    assert.ok(cmyk[0]! > 150 && cmyk[1]! < 100, "the first quarter is red");
  });
});

Deno.test("'pad' shows all on black bars, 'squash' all without bars, 'crop' the middle", async () => {
  await inFolder(async (directory) => {
    const path = join(directory, "wide.png");
    await Deno.writeFile(path, await quarters(80, 40));
    const at = (picture: Uint8Array, x: number, y: number) =>
      Array.from(picture.slice((y * 20 + x) * 3, (y * 20 + x) * 3 + 3));
    const pad = await readImage(path, { size: 20, fit: "pad" });
    assert.deepEqual(at(pad, 3, 2), [0, 0, 0]);
    assert.deepEqual(at(pad, 3, 17), [0, 0, 0]);
    assert.deepEqual(at(pad, 3, 7), [250, 10, 10]);
    assert.deepEqual(at(pad, 16, 13), [250, 250, 10]);
    for (const fit of ["squash", "crop"] as const) {
      const picture = await readImage(path, { size: 20, fit });
      assert.deepEqual(at(picture, 2, 2), [250, 10, 10]);
      assert.deepEqual(at(picture, 17, 17), [250, 250, 10]);
    }
    const enlarged = await readImage(path, { size: 200, fit: "pad" });
    assert.equal(enlarged.length, 200 * 200 * 3);
  });
});

Deno.test("an image that cannot be read is named", async () => {
  await inFolder(async (directory) => {
    const whole = await sharp(await quarters(200, 200)).jpeg().toBuffer();
    const strip = await sharp({ create: { width: 2000, height: 2, channels: 3, background: "red" } }).png().toBuffer();
    const files: Record<string, Uint8Array> = {
      "empty.jpg": new Uint8Array(),
      "text.png": new TextEncoder().encode("this is no picture"),
      "cut.jpg": whole.subarray(0, Math.floor(whole.length / 2)),
      "strip.png": strip,
    };
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(join(directory, name), bytes);
    for (const name of [...Object.keys(files), "missing.png"]) {
      await assert.rejects(
        readPixels(join(directory, name), { size: 32 }),
        (error: Error) => error instanceof InputError && error.message.includes(join(directory, name)),
        name,
      );
    }
  });
});
