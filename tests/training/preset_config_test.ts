import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { PRESETS } from "../../lib/training/presets.ts";

Deno.test("a preset by name is the preset; what is not given changes nothing", () => {
  for (const [name, make] of Object.entries(PRESETS)) {
    assert.deepEqual(presetConfig(name), make());
    assert.deepEqual(presetConfig(name, { steps: undefined, dataRoot: undefined }), make());
  }
});

Deno.test("data of another layout are looked for in the preset's place, or where they are said to be", () => {
  assert.equal(presetConfig("sample", { dataset: "flickr8k" }).dataRoot, "data/sample/flickr8k");
  assert.equal(presetConfig("ln-coco", { dataset: "flickr8k" }).dataRoot, "data/flickr8k");
  assert.equal(presetConfig("ln-coco", { dataset: "flickr8k", dataRoot: "/big" }).dataRoot, "/big");
});

Deno.test("an unknown preset, field or value is refused", () => {
  assert.throws(() => presetConfig("toString"), (error: unknown) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /'toString' .*sample-flickr8k/);
    return true;
  });
  assert.throws(() => presetConfig("sample", { steps: -1 }), /Cannot use the config of the preset 'sample'.*steps/);
  const unknown = { stepz: 1 } as object;
  assert.throws(() => presetConfig("sample", unknown), /stepz/);
});
