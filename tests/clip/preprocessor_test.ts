import assert from "node:assert/strict";
import { join } from "@std/path";
import { readPixelScale } from "../../lib/clip/preprocessor.ts";
import { InputError } from "../../lib/errors.ts";
import { inFolder } from "../helpers.ts";

Deno.test("mean and deviation are the model's where it tells them", async () => {
  await inFolder(async (folder) => {
    assert.deepEqual(await readPixelScale(folder), {});
    const write = (value: unknown): Promise<void> =>
      Deno.writeTextFile(join(folder, "preprocessor_config.json"), JSON.stringify(value));
    await write({ image_mean: [0.5, 0.4, 0.3], image_std: [0.2, 0.1, 1], do_normalize: true, crop_size: 224 });
    assert.deepEqual(await readPixelScale(folder), { mean: [0.5, 0.4, 0.3], std: [0.2, 0.1, 1] });
    await write({ image_processor_type: "CLIPImageProcessor" });
    assert.deepEqual(await readPixelScale(folder), { mean: undefined, std: undefined });
    const wrong = [
      { image_mean: [0.5, 0.4] },
      { image_mean: [123, 117, 104] },
      { image_std: [0, 1, 1] },
      { image_std: 0.5 },
      { do_normalize: false },
      [],
    ];
    for (const value of wrong) {
      await write(value);
      await assert.rejects(readPixelScale(folder), (error: Error) => {
        assert.ok(error instanceof InputError && error.message.includes(folder), JSON.stringify(value));
        return !error.message.includes("\n");
      });
    }
  });
});
