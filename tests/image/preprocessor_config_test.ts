import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { CLIP_MEAN, CLIP_STD, readPicture, readPixels } from "../../lib/image/preprocess.ts";
import { parsePreprocessorConfig, readPreprocessorConfig } from "../../lib/image/preprocessor_config.ts";
import { inFolder } from "../helpers.ts";

const OWN = { size: 224, edge: 224, mean: CLIP_MEAN, std: CLIP_STD };

Deno.test("both ways to write sizes are read, and what is left out is CLIP's own", () => {
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

Deno.test("a model's own values are taken", () => {
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
    "size": { size: { height: 224, width: 300 } },
    do_resize: { do_resize: false },
    rescale_factor: { rescale_factor: 1 },
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
    const whole = await readPicture(path, { size: 40 });
    const middle = await readPicture(path, { size: 40, edge: 56 });
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
