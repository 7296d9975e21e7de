import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { CLIP_MEAN, CLIP_STD, readImage, readPixels } from "../../lib/image/preprocess.ts";
import { parsePreprocessorConfig, readPreprocessorConfig } from "../../lib/image/preprocessor_config.ts";
import { inFolder } from "../helpers.ts";

const OWN = { size: 224, edge: 224, mean: CLIP_MEAN, std: CLIP_STD };

Deno.test("both ways to write sizes are read, and missing fields have CLIP's values", () => {
  const published = { // openai/clip-vit-large-patch14
    crop_size: 224,
    do_center_crop: true,
    do_normalize: true,
    do_resize: true,
    feature_extractor_type: "CLIPFeatureExtractor",
    image_mean: [...CLIP_MEAN],
    image_std: [...CLIP_STD],
    resample: 3,
    size: 224,
  };
  const later = {
    ...published,
    crop_size: { height: 224, width: 224 },
    size: { shortest_edge: 224 },
    rescale_factor: 1 / 255,
  };
  for (const json of [published, later, {}]) assert.deepEqual(parsePreprocessorConfig(json, "f", 224), OWN);
});

Deno.test("a model's own values are used", () => {
  const json = { size: { shortest_edge: 256 }, crop_size: 224, image_mean: [0.5, 0.5, 0.5], image_std: [0.25, 0.5, 1] };
  const expected = { size: 224, edge: 256, mean: [0.5, 0.5, 0.5], std: [0.25, 0.5, 1] };
  assert.deepEqual(parsePreprocessorConfig(json, "f", 224), expected);
  assert.deepEqual(parsePreprocessorConfig({ do_normalize: false }, "f", 8).std, [1, 1, 1]);
});

for (
  const [field, json] of Object.entries({
    image_mean: { image_mean: [0.5, 0.5] },
    image_std: { image_std: [0.5, 0, 0.5] },
    resample: { resample: 2 },
    crop_size: { crop_size: 336 },
    "size is 200": { size: 200 },
    "size is 224 x 200": { size: { height: 224, width: 200 } },
    "size": { size: { shortest_edge: 224, longest_edge: 448 } },
    "at size": { size: [224] },
    do_resize: { do_resize: false },
    rescale_factor: { rescale_factor: 1 },
    do_center_crop: { do_center_crop: false },
    do_convert_rgb: { do_convert_rgb: false },
    image_processor_type: { image_processor_type: "SiglipImageProcessor" },
    do_pad: { do_pad: true },
    crop_pct: { crop_pct: 0.9 },
  })
) {
  Deno.test(`an unfit '${field}' is refused by name`, () => {
    assert.throws(
      () => parsePreprocessorConfig(json, "the file", 224),
      (error: Error) =>
        error.name === "InputError" && error.message.includes("the file") && error.message.includes(field),
    );
  });
}

Deno.test("sizes of a height and a width squash, a number does where 'default_to_square' says so", async () => {
  const of = (json: object) => parsePreprocessorConfig(json, "f", 64);
  assert.deepEqual(of({ size: { height: 64, width: 80 } }).exact, [64, 80]);
  assert.deepEqual(of({ size: [72, 64] }).exact, [72, 64]);
  assert.deepEqual(of({ size: 72, default_to_square: true }).exact, [72, 72]);
  assert.deepEqual(of({ size: 64, default_to_square: true, do_center_crop: false }).exact, [64, 64]);
  assert.equal(of({ size: 72, default_to_square: false }).exact, undefined);
  await inFolder(async (folder) => {
    const path = join(folder, "wide.png"); // the left half is red, the right half is blue
    const left = await sharp({ create: { width: 50, height: 50, channels: 3, background: "red" } }).png().toBuffer();
    await sharp({ create: { width: 100, height: 50, channels: 3, background: "blue" } })
      .composite([{ input: left, left: 0, top: 0 }]).png().toFile(path);
    const red = async (json: object) => {
      const image = await readImage(path, parsePreprocessorConfig(json, "f", 20));
      return Array.from({ length: 20 }, (_, x) => image[3 * x]! > 127).filter(Boolean).length;
    };
    assert.equal(await red({ size: { height: 20, width: 20 } }), 10);
    assert.equal(await red({ size: { height: 20, width: 40 } }), 10);
  });
});

Deno.test("'do_rescale' false keeps the values 0 to 255, which mean and deviation are then for", async () => {
  const values = parsePreprocessorConfig({ do_rescale: false, image_mean: 127.5, image_std: 50 }, "f", 8);
  assert.deepEqual([values.scale, values.mean, values.std], [1, [127.5, 127.5, 127.5], [50, 50, 50]]);
  const raw = parsePreprocessorConfig({ do_rescale: false, do_normalize: false }, "f", 8);
  await inFolder(async (folder) => {
    const path = join(folder, "green.png");
    await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 0, g: 200, b: 10 } } }).png().toFile(
      path,
    );
    const pixels = await readPixels(path, raw);
    assert.deepEqual([pixels[0], pixels[64], pixels[128]], [0, 200, 10]);
  });
});

Deno.test("the image_processor of processor_config.json goes before preprocessor_config.json", async () => {
  await inFolder(async (folder) => {
    const write = (name: string, json: object) => Deno.writeTextFile(join(folder, name), JSON.stringify(json));
    await write("preprocessor_config.json", { size: { shortest_edge: 80 } });
    await write("processor_config.json", { processor_class: "CLIPProcessor" });
    assert.equal((await readPreprocessorConfig(folder, 64)).edge, 80);
    await write("processor_config.json", { image_processor: { size: { shortest_edge: 72 }, image_mean: [1, 1, 2] } });
    await assert.rejects(readPreprocessorConfig(folder, 64), { message: /processor_config\.json.*image_mean/ });
    await write("processor_config.json", { image_processor: { size: { shortest_edge: 72 } } });
    assert.equal((await readPreprocessorConfig(folder, 64)).edge, 72);
  });
});

Deno.test("a folder without the file means CLIP's own; the bundled models have it", async () => {
  await inFolder(async (folder) => {
    assert.deepEqual(await readPreprocessorConfig(folder, 224), OWN);
    const bundled = await readPreprocessorConfig("data/models/clip-tiny-sample", 64);
    assert.deepEqual(bundled, { ...OWN, size: 64, edge: 64 });
    await Deno.writeTextFile(join(folder, "preprocessor_config.json"), "{");
    await assert.rejects(readPreprocessorConfig(folder, 224), { name: "InputError" });
  });
});

Deno.test("a longer edge shows a smaller part, and mean and deviation reach the pixels", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "frame.png");
    const inner = await sharp({ create: { width: 60, height: 60, channels: 3, background: "white" } }).png().toBuffer();
    await sharp({ create: { width: 80, height: 80, channels: 3, background: "black" } })
      .composite([{ input: inner, left: 10, top: 10 }]).png().toFile(path);
    const whole = await readImage(path, { size: 40 });
    const middle = await readImage(path, { size: 40, edge: 56 });
    assert.equal(whole[0], 0, "the frame is seen");
    assert.ok(middle.every((value) => value > 250), "the frame is cropped away");
    const pixels = await readPixels(path, { size: 40, edge: 56, mean: [0.5, 0, 0.25], std: [0.25, 0.5, 1] });
    const place = 40 * 20 + 20;
    assert.deepEqual([0, 1, 2].map((colour) => pixels[colour * 1600 + place]!.toFixed(4)), [
      "2.0000",
      "2.0000",
      "0.7500",
    ]);
  });
});
