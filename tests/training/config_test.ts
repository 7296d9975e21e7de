import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import { checkConfig, PRESETS, readConfig, sample } from "../../lib/training/config.ts";

Deno.test("every preset is a valid config and survives its file", async () => {
  for (const [name, make] of Object.entries(PRESETS)) {
    assert.equal(make().preset, name);
    const path = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(path, JSON.stringify(make()));
    assert.deepEqual(await readConfig(path), make());
    await Deno.remove(path);
  }
});

Deno.test("unknown, missing and impossible fields are named in one error", () => {
  const { seed: _, ...rest } = sample();
  const wrong = { ...rest, stepz: 3, alpha: 2, acoustic: { ...sample().acoustic, layers: 2 } };
  assert.throws(() => checkConfig(wrong, "'x/config.json'"), (error: unknown) => {
    assert.ok(error instanceof InputError);
    for (const part of ["x/config.json", "stepz", "seed", "alpha", "layers"]) {
      assert.match(error.message, new RegExp(part));
    }
    assert.equal(error.message.includes("\n"), false);
    return true;
  });
});
