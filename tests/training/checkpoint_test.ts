import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { writeSafetensors } from "../../lib/files/safetensors.ts";
import { type Checkpoint, type Identity, readCheckpoint, writeCheckpoint } from "../../lib/training/checkpoint.ts";
import { fingerprint } from "../../lib/files/fingerprint.ts";
import { temporaryFolder } from "../temporary.ts";

const identity: Identity = {
  variant: "pip",
  clip: "00ff",
  whisper: "w",
  shapes: { "prompts.text": [2, 3], log_temperature: [] },
};

function checkpoint(): Checkpoint {
  const tensors = (scale: number) =>
    new Map([
      ["prompts.text", { shape: [2, 3], data: Float32Array.from([1, 2, 3, 1e-30, -0, 1 / 3], (x) => x * scale) }],
      ["log_temperature", { shape: [], data: Float32Array.of(-2.6 * scale) }],
    ]);
  const moments = new Map([...tensors(0.1)].map(([name, tensor]) => [`m.${name}`, tensor]));
  const best = { step: 20, score: 31.25 };
  return { step: 25, seed: 9, batches: { epoch: 2, batch: 1 }, best, parameters: tensors(1), moments };
}

Deno.test("a checkpoint comes back bit for bit", async () => {
  const path = join(await temporaryFolder(), "checkpoints", "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const back = await readCheckpoint(path, identity);
  assert.deepEqual(back, checkpoint());
});

Deno.test("a checkpoint of another variant, CLIP or shape is one clear error", async () => {
  const path = join(await temporaryFolder(), "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const cases: [Partial<Identity>, RegExp][] = [
    [{ variant: "full" }, /variant 'pip', expected 'full'/],
    [{ whisper: "x" }, /Whisper 'w', expected 'x'/],
    [{ clip: "1234" }, /CLIP with fingerprint 00ff, expected 1234/],
    [
      { shapes: { ...identity.shapes, "prompts.text": [4, 3] } },
      /'prompts.text' is of shape \[2,3\], expected \[4,3\]/,
    ],
    [{ shapes: { ...identity.shapes, "acoustic.cls": [1, 3] } }, /'acoustic.cls' is missing/],
    [{ shapes: { "prompts.text": [2, 3] } }, /'log_temperature' is extra/],
  ];
  for (const [change, message] of cases) {
    await assert.rejects(readCheckpoint(path, { ...identity, ...change }), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("files that are no checkpoints are refused", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(readCheckpoint(join(folder, "none.safetensors"), identity), /does not exist/);
  const foreign = join(folder, "foreign.safetensors");
  await writeSafetensors(foreign, checkpoint().parameters);
  await assert.rejects(readCheckpoint(foreign, identity), /another program wrote it/);
  await Deno.writeTextFile(foreign, "no tensors");
  await assert.rejects(readCheckpoint(foreign, identity), InputError);
});

Deno.test("a model's fingerprint differs from another model's and ignores other files", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(fingerprint(folder), InputError);
  await assert.rejects(fingerprint(join(folder, "none")), /is no folder/);
  const weights = new Uint8Array(1_000_000).fill(7);
  await Deno.writeFile(join(folder, "model.safetensors"), weights);
  await Deno.writeTextFile(join(folder, "config.json"), "{}");
  const first = await fingerprint(folder);
  assert.match(first, /^[0-9a-f]{16}$/);
  await Deno.writeTextFile(join(folder, "README.md"), "notes");
  assert.equal(await fingerprint(folder), first);
  weights[0] = 8;
  await Deno.writeFile(join(folder, "model.safetensors"), weights);
  assert.notEqual(await fingerprint(folder), first);
});
